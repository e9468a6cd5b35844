# ends: step_work or step_memory
seq -s " " 1 2000000 > f
while :; do grep -o "[0-9]" f; done > /dev/null
