# ends: step_memory or step_value or step_work or step_commands or step_output
jq -n '"x" | until(false; . + .)'
while :; do :; done
