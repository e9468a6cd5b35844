# ends: step_value or step_memory or step_work
x=$(seq 1 20000)
y=${x//?/$x}
while :; do :; done
