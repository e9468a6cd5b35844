# ends: step_work
for ((i = 0; i < 1000000000000; i++)); do (( i )); done
