# ends: step_memory or step_value or step_commands or line_bytes or step_output
while :; do date +%0999999999d; done >/dev/null
