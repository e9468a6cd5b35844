# ends: step_value
case a in $(seq 1 99999999999)) ;; esac
