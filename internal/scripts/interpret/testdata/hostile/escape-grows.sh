# ends: step_value or step_memory
x=$(seq 1 300000)
while :; do x=$(printf "%q%q" "$x" "$x"); done
