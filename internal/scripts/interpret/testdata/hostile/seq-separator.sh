# ends: cancel
s=$(seq 1 1000000)
seq -s "$s" 1 100000000 | wc -c
