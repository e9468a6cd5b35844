# ends: step_value or step_work
x=0
while :; do x=${x//0/00}; done
