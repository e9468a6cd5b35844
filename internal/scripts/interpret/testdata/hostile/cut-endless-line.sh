# ends: step_commands or step_work
seq -s ' ' 1 99999999999 | cut -d ' ' -f 1-
while :; do :; done
