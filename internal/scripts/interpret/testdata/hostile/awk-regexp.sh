# ends: cancel
awk 'BEGIN{s=sprintf("%1000000s",""); while(1) n+=gsub(/ *x/,"y",s)}'
