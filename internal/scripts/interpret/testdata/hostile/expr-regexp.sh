# ends: step_memory or step_value or step_work or step_commands or step_output or regexp_bytes
x=$(seq -s "" 1 200000); while :; do expr "$x" : "\(\(\(1*\)*2\)*3\)*zzz"; done > /dev/null
