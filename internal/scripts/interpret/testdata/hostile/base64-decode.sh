# ends: cancel
seq -s "" 1 99999999999 | base64 -d >/dev/null
