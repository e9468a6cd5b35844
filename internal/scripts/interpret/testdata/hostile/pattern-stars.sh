# ends: step_commands or step_work
shopt -s extglob
x=$(seq 1 4000)
while :; do y=${x##*(*(*(?)?)*a)b}; y=${x//+(+(1)2)x/}; done
