# ends: step_memory
x=$(seq 1 1500000)
y=$x; echo "${x@Q}${y@Q}"
