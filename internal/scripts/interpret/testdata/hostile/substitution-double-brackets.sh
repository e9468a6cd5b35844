# ends: step_value
[[ -n $(seq 1 99999999999) ]] && echo yes
