# ends: cancel
seq 1 99999999999 | sha256sum
