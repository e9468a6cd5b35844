# ends: step_words or step_value
a=({1..1000000000}{1..1000000000})
