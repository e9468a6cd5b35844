package interpret

import (
	"errors"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Limits bound what one step may use, the scripts that its script calls included. Zero fields take the usual values.
// A limit that is exceeded ends the step with a message that names the line, where it is known.
type Limits struct {
	Time        time.Duration // 1 h
	Output      int64         // bytes printed in all: 64 MB
	Commands    int           // 200,000 of one script
	Calls       int           // 10,000, of commands that reach outside of the run
	Answers     int64         // bytes that the documents of the calls hold in all: 256 MB
	Value       int           // bytes that a variable may hold: 16 MB
	Descriptors int           // files and pipes that are open at the same time: 256
	Depth       int           // calls of functions that have not returned: 1,000
}

// The usual limits.
const (
	usualTime        = time.Hour
	usualOutput      = 64 << 20
	usualCommands    = 200_000
	usualCalls       = 10_000
	usualAnswers     = 256 << 20
	usualValue       = 16 << 20
	usualDescriptors = 256
	usualDepth       = 1000
)

const (
	// maxFrames is how deep the interpreter may be in its own calls, whatever the script is made of.
	maxFrames = 50_000
	// maxScripts bounds scripts that call scripts.
	maxScripts = 8
)

// What is open while a statement runs, in descriptors.
const (
	pipeDescriptors     = 2
	documentDescriptors = 2 // a here-document comes through a pipe
	inputDescriptors    = 3 // a file that is not the system's, and the pipe that it comes through
	outputDescriptors   = 1
	programDescriptors  = 6 // a pipe for each of its standard streams
)

// orUsual fills in the usual values for zero fields.
func (l Limits) orUsual() Limits {
	setUsual(&l.Time, usualTime)
	setUsual(&l.Output, usualOutput)
	setUsual(&l.Commands, usualCommands)
	setUsual(&l.Calls, usualCalls)
	setUsual(&l.Answers, usualAnswers)
	setUsual(&l.Value, usualValue)
	setUsual(&l.Descriptors, usualDescriptors)
	setUsual(&l.Depth, usualDepth)
	return l
}

// setUsual sets a limit that is zero.
func setUsual[T comparable](limit *T, usual T) {
	var zero T
	if *limit == zero {
		*limit = usual
	}
}

// usage is what the scripts of a step have used.
// It is shared by a step's script and those that it calls, and safe for concurrent use.
type usage struct {
	mu        sync.Mutex
	turns     int // how many changing calls were come by, those of Made included
	made      []procedures.MadeCall
	resumable bool // the script ended before a changing call that is confirmed by itself
	// succeeded reports that one of made was a success; over, that what they answered is not kept.
	succeeded, over bool
	calls           int
	answers         int64 // bytes
	open            int   // descriptors
	depth           int   // calls of functions that have not returned
}

// call counts a call, and reports whether it is one too many.
func (u *usage) call(l Limits) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.calls++
	return u.calls > l.Calls
}

// answer counts what a call answered, and reports whether it is too much.
func (u *usage) answer(v document.Value, l Limits) bool {
	size := document.Size(v)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.answers += size
	return u.answers > l.Answers
}

var (
	errDescriptors = errors.New("too many files and pipes are open")
	errDepth       = errors.New("functions call one another too deep")
)

// take counts descriptors and calls of functions until give is called with the same; nothing is counted with an error.
func (u *usage) take(descriptors, depth int, l Limits) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.open+descriptors > l.Descriptors:
		return errDescriptors
	case u.depth+depth > l.Depth:
		return errDepth
	}
	u.open += descriptors
	u.depth += depth
	return nil
}

// give takes back what take counted.
func (u *usage) give(descriptors, depth int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.open -= descriptors
	u.depth -= depth
}
