# ends: step_memory or step_value or step_work or step_commands or step_output or step_descriptors or run_files
echo x > f; awk 'BEGIN { while (1) while ((getline l < "f") > 0) n = n l }'
while :; do :; done
