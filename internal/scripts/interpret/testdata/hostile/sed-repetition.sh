# ends: step_memory or step_value or step_work or step_commands or step_output or regexp_bytes
echo a | sed -E "s/((((((a{255}){255}){255}){255}){255}){255})//"
while :; do :; done
