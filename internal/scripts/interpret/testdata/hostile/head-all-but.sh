# ends: step_memory
seq 1 99999999999 | head -n -99999999
