# ends: step_commands or step_work
seq -s ' ' 1 99999999999 | sort -k 100000000
while :; do :; done
