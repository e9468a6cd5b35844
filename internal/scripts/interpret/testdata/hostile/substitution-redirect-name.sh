# ends: step_value
echo a > "$(seq 1 99999999999)"
