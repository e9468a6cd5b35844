# ends: step_commands
select x in a b; do :; done <<<''
while :; do :; done
