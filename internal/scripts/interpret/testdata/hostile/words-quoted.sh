# ends: step_memory
y=$(seq 1 2000000)
f() { f "$@" "$y$1"; }
f a
