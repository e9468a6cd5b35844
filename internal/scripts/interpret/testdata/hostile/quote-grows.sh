# ends: step_value or step_memory
x="'"
while :; do x=${x@Q}; done
