# ends: step_work
for ((;;)); do x=1; done
