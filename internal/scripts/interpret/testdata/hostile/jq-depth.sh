# ends: step_memory or step_value or step_work or step_commands or step_output or jq_depth
printf "[%.0s" $(seq 1 200000) | jq .
while :; do :; done
