# ends: step_memory or step_value or step_work or step_commands or step_output
x=$(seq 1 3000); while :; do x=${x//1/${x//2/${x//3/$x}}}; done
