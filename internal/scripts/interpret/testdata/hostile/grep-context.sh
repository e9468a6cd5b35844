# ends: step_work or step_memory
seq 1 99999999999 | grep -A 999999999 -B 999999999 x > /dev/null
