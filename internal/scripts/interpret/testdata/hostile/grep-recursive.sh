# ends: step_commands or step_work
mkdir -p a/b/c/d/e/f/g; seq 1 20000 > a/b/c/d/e/f/g/x
while :; do grep -rP '(\d+)*x' . ; done
