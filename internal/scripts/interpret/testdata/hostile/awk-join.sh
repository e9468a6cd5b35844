# ends: step_memory or step_work
awk 'BEGIN{OFS=sprintf("%1000000s",""); $1000=1; print length($0)}'
while :; do :; done
