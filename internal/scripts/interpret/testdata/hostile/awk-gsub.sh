# ends: step_memory or step_work
awk 'BEGIN{s="aaaaaaaa"; while(1) gsub(/a/,"aa",s)}'
while :; do :; done
