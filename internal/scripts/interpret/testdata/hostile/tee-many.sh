# ends: step_work or step_descriptors or run_bytes or run_files or step_commands
seq 1 99999999999 | tee $(seq 1 300) > /dev/null
while :; do :; done
