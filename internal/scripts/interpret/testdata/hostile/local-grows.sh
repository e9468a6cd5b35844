# ends: step_memory or step_value or step_work or step_commands or step_output or step_depth or step_frames
x=$(seq 1 100000); f() { local v=$x; f; }; f
