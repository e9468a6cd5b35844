# ends: step_commands
x="x+1"
while :; do : $((x)); done
