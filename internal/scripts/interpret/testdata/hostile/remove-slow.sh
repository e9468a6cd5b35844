# ends: step_memory
x=$(seq -s '' 1 2000000)
while :; do y=${x%%1*2*3*4*5*6*7*8*9*0*1*2*3*4*5*6*7*zzz}; done
