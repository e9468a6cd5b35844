# ends: step_memory or step_value or step_work or step_commands
x=$(seq 1 2000000)
while :; do a+=("${x^^}"); done
