# ends: step_output
seq 1 99999999999 >&2
