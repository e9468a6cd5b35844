# ends: step_value
cat <<<"$(seq 1 99999999999)"
