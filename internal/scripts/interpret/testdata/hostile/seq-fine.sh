# ends: cancel
seq 0 0.0000001 1000000000 > /dev/null
