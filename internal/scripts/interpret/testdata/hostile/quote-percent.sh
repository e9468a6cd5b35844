# ends: step_value or step_memory
x=$(seq 1 200000)
while :; do x=$(printf %q "$x"); done
