# ends: step_value
echo $(seq 1 99999999999)
