package interpret

import (
	"cmp"
	"errors"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Limits bound what one step may use, the scripts that its script calls included. Zero fields take the usual values.
// A limit that is exceeded ends the step with a message that names the line, where it is known.
type Limits struct {
	Time        time.Duration // limits.StepTime
	Output      int64         // bytes printed in all; limits.StepOutput
	Commands    int           // of one script; limits.StepCommands
	Calls       int           // of commands that reach outside of the run; limits.StepCalls
	Answers     int64         // bytes that the documents of the calls hold in all; limits.StepAnswers
	Value       int           // bytes that a variable may hold; limits.StepValue
	Memory      int64         // bytes that it holds; limits.StepMemory
	Work        int64         // that it computes; limits.StepWork
	Descriptors int           // files and pipes that are open at the same time; limits.StepDescriptors
	Depth       int           // calls of functions that have not returned; limits.StepDepth
}

// programDescriptors are open while a program runs: a pipe for each of its standard streams.
const programDescriptors = 6

// orUsual fills in the usual values for zero fields.
func (l Limits) orUsual() Limits {
	l.Time = cmp.Or(l.Time, limits.StepTime.Time())
	l.Output = cmp.Or(l.Output, limits.StepOutput.Value)
	l.Commands = cmp.Or(l.Commands, limits.StepCommands.Size())
	l.Calls = cmp.Or(l.Calls, limits.StepCalls.Size())
	l.Answers = cmp.Or(l.Answers, limits.StepAnswers.Value)
	l.Value = cmp.Or(l.Value, limits.StepValue.Size())
	l.Memory = cmp.Or(l.Memory, limits.StepMemory.Value)
	l.Work = cmp.Or(l.Work, limits.StepWork.Value)
	l.Descriptors = cmp.Or(l.Descriptors, limits.StepDescriptors.Size())
	l.Depth = cmp.Or(l.Depth, limits.StepDepth.Size())
	return l
}

// most are the bounds that a meter keeps.
func (l Limits) most() limits.Most {
	return limits.Most{Memory: l.Memory, Value: int64(l.Value), Work: l.Work}
}

// usage is what the scripts of a step have used.
// It is shared by a step's script and those that it calls, and safe for concurrent use.
type usage struct {
	meter     *limits.Meter
	mu        sync.Mutex
	turns     int // how many changing calls were come by, those of Made included
	made      []procedures.MadeCall
	sent      int // changing calls of this execution
	kept      answers
	random    *random
	files     touches
	byHand    string // why the script ended before a program whose value nobody knows; empty where it did not
	resumable bool   // the script ended before a changing call that is confirmed by itself
	// succeeded reports that one of made was a success; over, that what they answered is not kept.
	succeeded, over bool
	calls           int
	answers         int64 // bytes
	open            int   // descriptors
	depth           int   // calls of functions that have not returned
	// plain are the files that this execution has written without any field's value having been used.
	plain map[string]bool
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
