# ends: cancel
sleep 100000 | { read x; echo $x; }
