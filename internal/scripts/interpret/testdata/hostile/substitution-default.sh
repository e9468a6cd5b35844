# ends: step_value
echo "${x:-$(seq 1 99999999999)}"
