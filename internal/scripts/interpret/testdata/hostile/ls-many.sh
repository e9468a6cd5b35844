# ends: step_memory or step_value or step_work or step_commands or step_output or run_files
i=0; while [ $i -lt 3000 ]; do echo > "f$i"; i=$((i + 1)); done; while :; do ls -lR . ; done > /dev/null
