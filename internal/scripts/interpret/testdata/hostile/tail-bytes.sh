# ends: step_memory
seq 1 99999999999 | tail -c 999999999
