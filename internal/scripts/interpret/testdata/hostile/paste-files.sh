# ends: cancel
seq 1 999 > f; seq 1 99999999999 | paste - f f f f - - - > /dev/null
