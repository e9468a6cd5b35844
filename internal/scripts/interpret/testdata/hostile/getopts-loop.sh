# ends: step_commands
while :; do OPTIND=1; while getopts ab o -a -b; do :; done; done
