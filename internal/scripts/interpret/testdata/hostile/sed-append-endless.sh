# ends: step_memory or step_value or step_work or step_commands or step_output
echo x | sed ":a;s/x/xx/g;ba"
while :; do :; done
