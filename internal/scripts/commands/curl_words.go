package commands

// TakesValue implements procedures.ValueTaker.
func (curl) TakesValue(words []string, i int) bool {
	return awaitsValue("curl", words[1:i], curlOptions)
}
