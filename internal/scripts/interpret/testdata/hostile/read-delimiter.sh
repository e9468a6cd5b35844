# ends: step_memory or step_value or step_work or step_commands or step_output
seq -s " " 1 99999999999 | { read -r -d "" x; echo "${#x}"; }
while :; do :; done
