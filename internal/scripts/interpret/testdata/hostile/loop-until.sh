# ends: step_commands
until false; do true; done
