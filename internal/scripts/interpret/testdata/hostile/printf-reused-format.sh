# ends: step_output or step_work
while :; do printf "%s %s\n" {1..9999}; done
