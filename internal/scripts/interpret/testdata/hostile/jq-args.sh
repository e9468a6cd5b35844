# ends: step_memory or step_value
x=$(seq 1 1000000)
jq -n --arg a "$x" --arg b "$x" "[range(100000)|\$a+\$b+tostring]|length"
