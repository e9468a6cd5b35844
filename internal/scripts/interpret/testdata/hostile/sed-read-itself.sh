# ends: step_memory or step_value or step_work or step_commands or step_output or run_bytes
echo x > f; while :; do sed "r f" f > g; cat g > f; done
