# ends: cancel
declare -A m
while :; do m[$RANDOM$RANDOM$RANDOM]=$RANDOM; done
