# ends: step_memory
seq 1 99999999999 | head -c -999999999
