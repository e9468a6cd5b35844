# ends: cancel
seq 1 99999999999 | tr 1 2 >/dev/null
