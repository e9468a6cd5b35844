# ends: step_commands
while :; do echo $RANDOM$RANDOM$RANDOM; done | sort -u | wc -l
