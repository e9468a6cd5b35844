# ends: step_memory or step_value or step_work or step_commands or step_output or run_bytes
seq 1 100000 > f; while sed -i "s/1/1111111111/g" f; do :; done
while :; do :; done
