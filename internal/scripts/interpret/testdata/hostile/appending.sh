# ends: step_value
x=aaaaaaaaaaaaaaaa
while :; do x+=$x; done
