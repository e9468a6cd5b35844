# ends: step_memory or step_value or step_work or step_commands or step_output
x=aaaaaaaaaaaaaaaaaaaaaaaaaaaa
while :; do read -r -d "" x <<END
$x$x$x$x
END
done
