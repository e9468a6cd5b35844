# ends: step_commands
while :; do echo x; done | uniq -c
