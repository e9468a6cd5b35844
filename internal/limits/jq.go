package limits

// The bounds of jq. What it holds and computes counts as its step's (StepMemory, StepWork).
var (
	JQProgram = row(&Row{
		Name: "jq_program", Value: 64 << 10, Unit: Bytes, Bounds: "the text of one jq filter",
		Message: "a jq filter may be as long as %s, and this one is longer",
		Advice:  "pass data in with --slurpfile or --argjson instead of writing it into the filter",
	})
	JQNesting = row(&Row{
		Name: "jq_nesting", Value: 1000, Unit: Count, Bounds: "how deep the parts of a jq filter stand in one another",
		Message: "the parts of this jq filter stand more than %s deep in one another",
		Advice:  "write it as functions, or as several filters in a pipe",
	})
	JQDepth = row(&Row{
		Name: "jq_depth", Value: 20_000, Unit: Count, Bounds: "evaluations of jq that wait for one another: calls that have not returned",
		Message: "the functions of this jq filter call one another more than %s deep",
		Advice:  "end the function that calls itself, or let it call itself last",
	})
	JQRegexp = row(&Row{
		Name: "jq_regexp", Value: 20_000, Unit: Count, Bounds: "the instructions of one regular expression of jq, with what it repeats",
		Message: "a regular expression of jq comes to more than %s instructions",
		Advice:  "repeat less with {n,m}",
	})
)
