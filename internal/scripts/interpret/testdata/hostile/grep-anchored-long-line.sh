# ends: step_memory or step_work or step_commands
seq -s ' ' 1 1500000 | grep -o '\b[0-9]\b' | wc -l
while :; do :; done
