package interpret

import "github.com/opsbook/opsbook/internal/procedures"

// Outcome is how a script ended.
type Outcome struct {
	Status int // its exit status
	State  *procedures.ScriptState
	// Refused says why it was not run, or why it was stopped; empty otherwise.
	Refused string
	// Resumable reports that the script ended before a changing call that could not be confirmed, as values of it were only known when
	// those before it were made: Made has these, and the next execution resumes with it.
	Resumable bool
	Made      []procedures.MadeCall
	// Answers are what the reading lines of a changing step answered, as far as they are kept.
	Answers []procedures.KeptAnswer
	// Unavailable says why a program was not run that this environment does not allow; empty otherwise.
	Unavailable string
	// Files are those of the run that it used, those of the scripts that it called included.
	Files procedures.Touched
}
