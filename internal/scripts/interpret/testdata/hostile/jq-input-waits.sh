# ends: cancel
sleep 100000 | jq .
