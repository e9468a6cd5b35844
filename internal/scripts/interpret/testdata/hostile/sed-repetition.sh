# ends: step_memory or step_value or step_work or step_commands or step_output or regexp_bytes
read -r script <<<"s/((((((a{255}){255}){255}){255}){255}){255})//"
echo a | sed -E "$script"
while :; do :; done
