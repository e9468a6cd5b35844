# ends: regexp_bytes
x=$(seq -s "" 1 100000)
[[ aaa =~ $x ]]
