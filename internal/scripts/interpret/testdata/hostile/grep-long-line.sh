# ends: step_commands or step_work
seq -s ' ' 1 1500000 | grep -o '[0-9]' | wc -l
while :; do :; done
