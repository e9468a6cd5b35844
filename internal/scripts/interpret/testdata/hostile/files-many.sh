# ends: run_files
i=0
while echo a > "f$i"; do i=$((i + 1)); done 2>err
while :; do :; done
