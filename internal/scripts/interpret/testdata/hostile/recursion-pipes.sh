# ends: step_descriptors
f() { f | f; }
f
