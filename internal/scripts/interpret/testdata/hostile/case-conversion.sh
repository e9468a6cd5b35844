# ends: step_memory
y=$(seq 1 2000000)
z=$y
x=${y^^}${z^^}${y,,}${z,,}
