# ends: step_work or step_commands
shopt -s extglob
x=$(printf "%0100000d" 0)
while :; do y=${x##+(+(0)+(0)+(0))1}; done
