# ends: run_files or run_bytes
seq 1 99999999999 | split -b 1 -a 9
while :; do :; done
