# ends: step_memory or step_value or step_work or step_commands or step_output
awk 'BEGIN { for (i = 0; ; i++) for (j = 0; j < 1000; j++) a[i,j,i,j] = i j }'
while :; do :; done
