# ends: step_commands or step_work or step_output
cat <(while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done) > /dev/null
