# ends: step_work
while ((1)); do ((i++)); done
