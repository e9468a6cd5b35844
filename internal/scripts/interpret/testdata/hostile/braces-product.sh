# ends: step_words
echo {a..z}{a..z}{a..z}{a..z}{a..z}{a..z}
