# ends: step_memory or step_value or step_work or step_commands or step_output
jq -n '[range(3000)|{(tostring):[range(300)]}] | [paths] | combinations(3)' > /dev/null
while :; do :; done
