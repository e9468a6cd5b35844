package procedures

// Answerer is a Command that knows what its calls answer.
type Answerer interface {
	// Lacks is the first member that a JMESPath expression names and a call's whole answer does not have, with the nearest that it has.
	// Both are empty where it has all of them, or where the answer is not known.
	Lacks(call PlannedCall, expression string) (member, near string)
}

// Judged is the call of a step that its expectations judge. The zero value is every call that answers with a document.
type Judged struct {
	Command string // "ecs describe-services"
	Line    int    // of the file; 0 where the step makes no other call of that name
	Several bool   // the step makes others, so that it is said which one was judged
}

// Is reports whether a call is the one.
func (j Judged) Is(c *Call) bool {
	return j.Command == "" || j.Command == c.Command && (j.Line == 0 || j.Line == c.Line)
}
