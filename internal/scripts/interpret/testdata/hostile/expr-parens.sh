# ends: cancel
p=; for i in $(seq 1 15000); do p="$p ("; done; while :; do expr $p 1; done 2> /dev/null
