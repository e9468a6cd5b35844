# ends: step_depth
f() { echo $(f); }
f
