# ends: run_files
seq 1 99999999 | split -l 1 -a 6
while :; do :; done
