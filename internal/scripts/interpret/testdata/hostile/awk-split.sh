# ends: step_memory
awk 'BEGIN{s="a b c d "; while(1){s=s s; split(s,a)}}'
while :; do :; done
