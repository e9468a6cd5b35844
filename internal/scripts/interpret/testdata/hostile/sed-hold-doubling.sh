# ends: step_memory or step_value or step_work or step_commands or step_output
seq 1 9999 | sed -n ":a;H;G;h;\$!ba;p"
while :; do :; done
