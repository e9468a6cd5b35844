# ends: cancel
seq 1 99999 | xargs -P 9999 -n 1 sleep
