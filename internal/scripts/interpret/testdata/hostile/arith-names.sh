# ends: step_commands or step_depth or step_frames
a=b; b=a
while :; do : $((a)); done
