# ends: step_memory
seq 1 99999999999 | sort -t 1 -k 3,3n
