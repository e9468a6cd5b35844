# ends: step_value or step_memory
x=(a b c d)
while :; do x+=("${x[@]}"); done
