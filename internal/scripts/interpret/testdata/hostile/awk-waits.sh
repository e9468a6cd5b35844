# ends: cancel
sleep 100 | awk '{print}'
