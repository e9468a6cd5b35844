# ends: cancel
sleep 100000 | while read -r x; do :; done
