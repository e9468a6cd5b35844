# ends: step_memory or step_value or step_work or step_commands or step_output or cancel
seq -s "" 1 99999999999 | { read -N 999999999 x; echo "${#x}"; }
