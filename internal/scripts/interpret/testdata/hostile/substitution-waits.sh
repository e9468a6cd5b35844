# ends: cancel
x=$(sleep 100000)
