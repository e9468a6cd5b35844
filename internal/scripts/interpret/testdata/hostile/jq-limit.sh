# ends: cancel
jq -n 'first(repeat(1)|select(. == 2))'
