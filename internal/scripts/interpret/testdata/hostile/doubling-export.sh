# ends: step_value
x=a
while :; do export x=$x$x; done
