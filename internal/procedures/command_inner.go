package procedures

import (
	"io"
	"time"
)

// Wrapper is a command whose line runs others, such as xargs, env and timeout.
type Wrapper interface {
	Command
	// Inner returns the lines that a line runs, as far as they are known before it does.
	Inner(words []Word) [][]Word
}

// InnerLine is a line that another one runs.
type InnerLine struct {
	Args []string
	// From is the word of the outer line from which on the first Own of Args are its words.
	From, Own int
	// ReadAt is, for each of Args, the byte at which begins what was read from standard input; negative where nothing was. It may be nil.
	ReadAt []int
	Stdin  io.Reader // nil for none
	Stdout io.Writer
	Stderr io.Writer
	// Set are variables that it is given, NAME=VALUE each; Unset are names of others that it is not. Clear leaves all of the script's out.
	Set, Unset []string
	Clear      bool
	// Timeout ends it; 0 does not. A line that changes something is not cut off.
	Timeout time.Duration
	// TimedOut is told that the time was over; may be nil.
	TimedOut func()
}
