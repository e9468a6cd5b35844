# ends: cancel
sleep 100000 | cat | sort | wc -l
