# ends: run_bytes
seq 1 99999999999 | tee -a f f f f >> g
while :; do :; done
