# ends: step_depth or step_commands or step_frames
f() { f & f & wait; }
f
while :; do :; done
