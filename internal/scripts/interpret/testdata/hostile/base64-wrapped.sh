# ends: cancel
seq 1 99999999999 | base64 -w 1 > /dev/null
