# ends: step_memory or step_value or step_work or step_commands or step_output
x=$(seq -s "" 1 200000); seq 1 99999999 | xargs -I {} echo "$x{}{}{}{}{}{}{}{}{}{}{}" > /dev/null
