# ends: step_memory
awk 'BEGIN{while(1) s = s sprintf("%9000000d", 1)}'
while :; do :; done
