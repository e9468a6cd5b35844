# ends: step_memory
seq 1 99999999999 | tail -n 99999999
