# ends: step_memory or step_value
y=$(seq 1 2000000)
f() { f "$@" "$y$1"; }
f a
