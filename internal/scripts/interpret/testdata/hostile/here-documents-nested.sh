# ends: step_value
x=$(cat <<A
$(cat <<B
$(cat <<C
$(seq 1 99999999999)
C
)
B
)
A
)
