# ends: step_value
case $(seq 1 99999999999) in a) ;; esac
