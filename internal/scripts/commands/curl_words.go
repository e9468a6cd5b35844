package commands

// TakesValue implements procedures.ValueTaker.
func (curl) TakesValue(words []string, i int) bool { return awaitsValue(words[1:i], curlOptions) }
