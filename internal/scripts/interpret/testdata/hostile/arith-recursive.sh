# ends: step_commands or step_work
x="x+1"
while :; do (( x )); done 2>/dev/null
