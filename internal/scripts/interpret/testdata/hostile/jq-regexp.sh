# ends: step_memory or step_value or step_work or step_commands or step_output or jq_regexp or cancel
jq -n '[range(200000)|"1"]|add|[match("((1*)*2*)*zzz";"g")]|length'
while :; do :; done
