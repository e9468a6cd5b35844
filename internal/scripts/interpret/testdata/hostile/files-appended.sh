# ends: run_bytes
x=$(seq 1 100000)
while echo "$x" >> f; do :; done
while :; do :; done
