# ends: step_memory or step_value or step_work or step_commands or step_output or jq_depth
jq -n 'def f: [f]; f'
while :; do :; done
