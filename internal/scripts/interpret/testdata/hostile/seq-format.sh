# ends: cancel
seq -f '%999999f' 1 99999999999 >/dev/null
