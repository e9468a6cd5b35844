# ends: step_commands
x=$(while :; do :; done)
