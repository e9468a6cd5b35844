# ends: cancel
while :; do while sleep 0.01; do :; done; done
