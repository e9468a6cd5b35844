# ends: cancel
seq 1 99999999999 | cat -n >/dev/null
