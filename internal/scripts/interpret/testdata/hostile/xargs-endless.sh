# ends: step_memory or step_value or step_work or step_commands or step_output or step_calls
seq 1 99999999999 | xargs -n 1 echo > /dev/null
