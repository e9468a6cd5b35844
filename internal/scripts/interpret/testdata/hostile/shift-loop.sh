# ends: cancel
set -- $(seq 1 10000)
while :; do shift; set -- "$@" x; done
