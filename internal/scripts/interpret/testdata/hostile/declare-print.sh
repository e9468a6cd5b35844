# ends: step_memory
y=$(seq 1 2000000)
declare -p y
z=$y; w=$y; v=$y; declare -p z w v
