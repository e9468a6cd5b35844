# ends: step_commands or step_memory or regexp_bytes
seq 1 3000000 > f
seq 1 3000000 | grep -f f | wc -l
while :; do :; done
