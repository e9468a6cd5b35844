# ends: step_memory or step_value or step_work or step_commands or step_output or step_depth or step_descriptors or step_frames
f() { local n=$1; x=$(echo "$(echo "$(echo "$(f $((n + 1)))")")"); }
f 0
