# ends: cancel
seq -w 1 99999999999 | wc -c
