# ends: step_memory or step_work or step_value
seq -s " " 1 99999999999 | { read -a x; echo "${#x}"; }
