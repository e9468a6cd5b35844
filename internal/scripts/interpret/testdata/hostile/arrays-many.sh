# ends: step_memory
i=0; x=$(seq 1 200000)
while :; do eval2=$x; read "v$i" <<<"$x"; export "w$i=$x"; i=$((i + 1)); done
