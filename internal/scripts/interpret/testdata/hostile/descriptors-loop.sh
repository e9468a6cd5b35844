# ends: step_commands or step_descriptors
i=3
while :; do exec 3> f 4< f; exec 5>&3; done
