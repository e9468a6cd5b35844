# ends: step_commands
awk 'function f(n){return f(n+1)} BEGIN{f(1)}'
while :; do :; done
