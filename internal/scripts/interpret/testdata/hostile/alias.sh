# ends: step_memory
alias a="$(seq -s " " 1 300000)"
