# ends: cancel
x=$(seq -s "" 1 200000); while :; do echo "$x" | sed -E "s/(((1*)*2)*3*)*zzz//" >/dev/null; done
