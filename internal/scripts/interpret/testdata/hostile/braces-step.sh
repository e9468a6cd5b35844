# ends: step_words
for i in {1..1000000000..1}; do :; done
