# ends: step_words
echo {1..9223372036854775807}
