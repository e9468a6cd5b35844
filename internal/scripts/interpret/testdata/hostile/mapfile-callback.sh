# ends: step_memory or step_value or step_work or step_commands or step_output
seq 1 9999999 | { mapfile -n 0 -s 5 -t x; y=("${x[@]}" "${x[@]}"); z=("${y[@]}" "${y[@]}"); }
