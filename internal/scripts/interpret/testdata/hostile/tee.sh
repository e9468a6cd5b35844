# ends: run_bytes
seq 1 99999999999 | tee a b c >/dev/null
while seq 1 9999999 >> d; do :; done
while :; do :; done
