# ends: cancel
comm <(seq 1 99999999999) <(seq 1 99999999999) > /dev/null
