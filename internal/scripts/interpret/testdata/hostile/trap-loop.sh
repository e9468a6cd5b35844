# ends: step_commands
trap 'while :; do :; done' EXIT
