# ends: step_memory
awk 'BEGIN{s="x"; while(1) s = s s}'
while :; do :; done
