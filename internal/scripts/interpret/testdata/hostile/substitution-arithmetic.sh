# ends: step_value
(( x = $(seq 1 99999999999) ))
