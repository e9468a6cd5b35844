# ends: cancel
while :; do pushd /tmp >/dev/null; done
