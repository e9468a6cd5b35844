# ends: step_memory or step_value or step_work or step_commands or step_output
seq -s "" 1 99999999999 | fold -w 999999999999 > /dev/null
while :; do :; done
