# ends: step_depth
f() { f; }
f
