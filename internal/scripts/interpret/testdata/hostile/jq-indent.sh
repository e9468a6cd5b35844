# ends: step_memory or step_value or step_work or step_commands or step_output
jq -n 'reduce range(9000) as $i (0; [.])' | jq --indent 7 . | wc -c
while :; do :; done
