# ends: step_value or step_memory
while :; do printf -v x "%s%s%s" "$x" "$x" "xxxxxxxx"; done
