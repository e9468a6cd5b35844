# ends: step_words
echo {{1..1000000000},{a..z}}{1..1000000000}
