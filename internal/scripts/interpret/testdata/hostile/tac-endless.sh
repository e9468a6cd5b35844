# ends: step_memory
seq 1 99999999999 | tac | head -1
