# ends: step_memory
x=$(seq -s '' 1 2000000)
while :; do case $x in *1*2*3*4*5*6*7*8*9*0*1*2*3*4*5*6*7*8*9*0*zzz) ;; esac; done
