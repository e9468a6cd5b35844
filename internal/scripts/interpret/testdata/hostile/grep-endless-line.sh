# ends: step_commands or step_work
seq -s ' ' 1 99999999999 | grep zzz
while :; do :; done
