# ends: step_memory
seq 1 99999999999 | grep -B 99999999 zzz
