# ends: step_work or step_memory
l=$(seq -s , 1 50000)
seq 1 99999999 | cut -c "$l" > /dev/null
