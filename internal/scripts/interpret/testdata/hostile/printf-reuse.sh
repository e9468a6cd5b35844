# ends: step_work or step_memory or step_output
printf "%1000s" $(seq 1 200000) | wc -c
while :; do :; done
