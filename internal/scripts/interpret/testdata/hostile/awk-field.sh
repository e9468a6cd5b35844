# ends: step_memory
awk 'BEGIN{while(1) {$(NF+100000)="x"; s = s $0}}'
while :; do :; done
