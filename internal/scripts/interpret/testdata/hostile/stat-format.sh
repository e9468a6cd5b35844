# ends: cancel
echo > f; x=$(seq 1 100000); while :; do stat -c "$x%n%s%y" f; done > /dev/null
