# ends: step_value
x=$(seq 1 100000)
echo "${x//?/$x}" | wc -c
