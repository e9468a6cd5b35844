# ends: step_commands or step_output or step_work
while :; do echo 1; done | { select x in a b; do :; done; }
