# ends: run_bytes
x=$(seq 1 1000000); i=0
while echo "$x" > "f$i"; do i=$((i + 1)); done
while :; do :; done
