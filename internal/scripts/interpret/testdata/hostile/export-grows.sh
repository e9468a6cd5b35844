# ends: step_memory or step_value
x=$(seq 1 500000)
i=0; while :; do export "v$i=$x"; i=$((i+1)); done
