# ends: step_commands or step_work
uniq -f 999999999 <<<"a b c"
while :; do :; done
