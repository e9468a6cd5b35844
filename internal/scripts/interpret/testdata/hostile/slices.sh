# ends: step_value
a=($(seq 1 100000))
while :; do b+=("${a[@]:0:90000}"); done
