# ends: cancel
sleep 100000
