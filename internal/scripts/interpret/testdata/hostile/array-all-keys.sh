# ends: step_memory or step_value or step_work or step_commands or step_output
declare -A m; for i in $(seq 1 100000); do m[$i]=$i; done; while :; do y="${!m[*]} ${m[*]} $y"; done
