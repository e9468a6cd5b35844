# ends: step_work or step_commands
for ((;;)); do let "x=x*x+1"; done
