# ends: cancel
i=1
while :; do a[i]=x; i=$((i * 3 % 1000000007 + 1)); done
