# ends: step_value
for i in $(seq 1 99999999999); do :; done
