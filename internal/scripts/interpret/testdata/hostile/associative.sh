# ends: step_value
declare -A m; i=0; x=$(seq 1 50000)
while :; do m[$i]=$x; i=$((i + 1)); done
