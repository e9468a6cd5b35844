# ends: cancel
i=0; while [ $i -lt 2000 ]; do echo > "f$i"; i=$((i + 1)); done
while :; do find . -type f -exec cat {} + > /dev/null; done
