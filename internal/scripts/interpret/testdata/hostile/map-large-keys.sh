# ends: step_memory or step_value
declare -A m
k=$(seq 1 100000)
i=0; while :; do m["$k$i"]=1; i=$((i+1)); done
