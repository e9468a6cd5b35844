# ends: step_memory or step_value or step_work or step_commands or step_output or step_descriptors or run_files
awk 'BEGIN { while (1) print i++ > ("f" i) }'
while :; do :; done
