# ends: step_commands or step_value or step_memory
HOME=$(seq 1 1000000)
while :; do a+=(~ ~ ~ ~); done
