# ends: step_commands or step_work
i=0; y=$(seq 1 1000000)
while [ $i -lt 60 ]; do x=${y#1}; export "v$i=${x:0:1}"; read "w$i" _ <<<"$x"; i=$((i + 1)); done
while :; do :; done
