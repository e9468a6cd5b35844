# ends: step_value or step_memory
f() { local x=$1; f "$x$x"; }
f aaaa
