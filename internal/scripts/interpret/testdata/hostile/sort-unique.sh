# ends: step_memory
seq 1 99999999999 | sort -u | wc -l
