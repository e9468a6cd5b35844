# ends: cancel
awk 'BEGIN{while(1) x++}'
