# ends: cancel
d=$(seq 1 1000000)
seq -s , 1 1000000 | cut -d , -f 1- --output-delimiter="$d" | wc -c
