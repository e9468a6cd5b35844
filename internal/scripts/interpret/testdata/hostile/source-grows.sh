# ends: step_memory or step_value or step_commands or script_bytes
echo ": x" > f
while :; do cat f f > g; cat g > f; . ./f; done
