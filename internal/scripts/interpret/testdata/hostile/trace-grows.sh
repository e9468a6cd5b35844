# ends: step_output or step_memory
set -x
x=$(seq 1 300000)
while :; do : "$x"; done
