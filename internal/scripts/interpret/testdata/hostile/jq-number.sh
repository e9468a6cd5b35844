# ends: cancel
jq -n 'last(range(infinite))'
