# ends: step_commands or step_work
x=$(printf '(%.0s' {1..9000})1
while :; do let "y = $x"; done 2> /dev/null
