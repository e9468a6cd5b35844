# ends: step_memory or step_value or step_work or step_commands or step_output
seq 1 99999999999 | nl -w 10000
while :; do :; done
