# ends: step_memory or step_value
a=($(seq 1 20000)); x=$(seq 1 10000)
b=("${a[@]//1/$x}")
