# ends: cancel
while :; do seq 1 500000 | sort -t 1 -k 2 -k 3n -k 4r -k 5h | tail -1; done > /dev/null
