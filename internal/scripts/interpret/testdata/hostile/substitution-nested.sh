# ends: step_value
x=$(echo "$(echo "$(seq 1 99999999999)")")
