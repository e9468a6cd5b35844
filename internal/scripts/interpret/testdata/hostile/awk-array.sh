# ends: step_memory or step_work
awk 'BEGIN{while(1) a[i++]=i}'
while :; do :; done
