# ends: step_output or step_memory or step_value
x=$(seq 1 500000)
while :; do echo -e "$x\x41\0101"; done
