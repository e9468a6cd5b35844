# ends: step_commands or step_work
x=$(seq -s '' 1 300000)
printf '%d' $x | wc -c
while :; do :; done
