# ends: cancel
sleep 100000 | { mapfile x; echo; }
