# ends: step_value
i=0; x=$(seq 1 50000)
while :; do a[i]=$x; i=$((i + 1)); done
