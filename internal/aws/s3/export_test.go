package s3

// Below is for the fuzz target.
var Below = below

// OptionsOf lists the options that a command takes.
func OptionsOf(name string) []string { return verbs[name].options }
