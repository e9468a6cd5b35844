# ends: cancel
d=$(printf 'd/%.0s' {1..190}); mkdir -p $d; for i in {1..7}; do cd $d; mkdir -p $d; done; cd /
while :; do find . > /dev/null; done
