# ends: step_memory or step_work or step_commands
x=$(seq -s , 1 1000000)
IFS=,
while :; do a=($x $x $x); done
