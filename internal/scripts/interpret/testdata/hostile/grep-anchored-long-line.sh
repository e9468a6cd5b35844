# ends: step_memory
seq -s ' ' 1 1500000 | grep -o '\b[0-9]\b' | wc -l
