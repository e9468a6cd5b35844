# ends: step_value
x=a
while :; do x=$x$x; done
