# ends: step_commands or step_work
seq -s , 1 1500000 | cut -d , -f 1- | wc -c
while :; do :; done
