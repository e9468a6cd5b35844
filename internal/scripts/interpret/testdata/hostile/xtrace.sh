# ends: step_memory
y=$(seq 1 2000000)
set -x
: "$y"
