# ends: run_files or run_bytes
mkdir a; seq 1 1000 > a/f; while cp -r a a2 && cp -r a2 a/$RANDOM$RANDOM; do rm -rf a2; done
while :; do :; done
