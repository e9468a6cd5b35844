# ends: step_commands or step_work or step_memory
x=$(seq 1 4000)
while :; do [[ $x == !(!(!(*a*)*b*)*c*)*d ]]; done
