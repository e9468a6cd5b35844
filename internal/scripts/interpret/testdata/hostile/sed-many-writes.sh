# ends: step_memory or step_value or step_work or step_commands or step_output or step_descriptors or run_files
s=; for i in $(seq 1 4000); do s="$s
w f$i"; done; seq 1 9999999 | sed -n "$s"
while :; do :; done
