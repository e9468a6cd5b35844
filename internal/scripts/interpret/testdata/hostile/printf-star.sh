# ends: step_memory
printf '%*d%*d%*d%*d%*d%*d%*d%*d%*d%*d%*d%*d%*d%*d%*d%*d%*d%*d%*d%*d' $(for i in $(seq 1 2000); do echo 1000000; done) | wc -c
