# ends: step_commands
a=b; b=a
while :; do : ${!a}; done
