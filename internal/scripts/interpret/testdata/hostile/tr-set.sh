# ends: step_commands or step_work
tr "$(for i in $(seq 1 5000); do echo -n '[a*999999]'; done)" b <<<a
while :; do :; done
