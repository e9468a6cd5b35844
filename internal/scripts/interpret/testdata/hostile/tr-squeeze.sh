# ends: cancel
seq 1 99999999999 | tr -s "0-9" "a-z" | tr -d "\n" > /dev/null
