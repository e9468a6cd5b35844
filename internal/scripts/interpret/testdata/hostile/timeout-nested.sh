# ends: cancel
timeout 99999 timeout 99999 timeout 99999 sleep 99999
