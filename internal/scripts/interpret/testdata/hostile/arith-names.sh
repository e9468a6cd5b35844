# ends: step_commands or step_work
a=b; b=a
while :; do (( a )); done 2>/dev/null
