# ends: step_commands or step_work
while :; do : & wait; done
