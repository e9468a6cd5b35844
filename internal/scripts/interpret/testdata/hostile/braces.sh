# ends: step_words
echo {1..99999999}
