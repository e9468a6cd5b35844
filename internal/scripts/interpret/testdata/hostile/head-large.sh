# ends: step_work or step_commands
seq 1 99999999999 | head -n 99999999999 > /dev/null
