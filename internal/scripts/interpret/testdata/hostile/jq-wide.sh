# ends: step_memory
jq -n "[range(10000000000)] | length"
