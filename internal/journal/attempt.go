package journal

import (
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Attempt is one execution of a step, as far as its events tell. A page shows the newest of each step, the evidence all of
// them; both are this type, folded by the same functions.
type Attempt struct {
	Step       string
	Execution  string
	By         string // who requested it; empty where that person gave no name
	Requested  time.Time
	Parameters map[string]string // as they may be shown
	Corrected  bool              // lines with errors were replaced by their corrections
	RollbackOf string            // the execution that it rolls back; empty for none
	Resumes    string            // the execution whose rest it executes; empty for none

	State     procedures.ExecutionState // empty where the step was never requested
	Began     time.Time                 // when it started first
	Started   time.Time                 // when it started last: again, where another process took it over
	Ended     time.Time                 // zero until it has ended
	Duration  time.Duration
	Judgement *procedures.Judgement // nil until it has ended
	Status    int                   // exit status of the script

	Cancelled   bool
	CancelledBy string
	// EndedEarly is that somebody ended a bake before its time; its Kind is empty where nobody did.
	EndedEarly procedures.Event
	// Applied reports that all calls of a change were sent, and that what they changed is awaited.
	Applied bool
	// InFlight is the changing call that was begun and of which no answer is known; nil for none.
	InFlight *procedures.Event
	Calls    []procedures.Call
	Changes  []procedures.Change // what was read again after each call that changed something
	Samples  Samples             // of a bake
	Output   Output
	Files    []procedures.Event   // EventFile, the newest of each name
	Waits    string               // what of the server it waits for since it has begun; empty for nothing
	Progress *procedures.Progress // the newest, while it runs or where it was cut off

	keeps   retention
	sampled bool // a sample ended: the calls that follow belong to the next one
}

// retention is how much of each attempt a view holds.
type retention struct {
	all       bool // every attempt, not only the newest of each step
	documents bool // what calls answered
	samples   bool // the calls of all samples of a bake, not only those of the newest
	notices   bool // what was noted between the lines that were printed
	output    int  // bytes of output, from its end
}

// A page needs the newest attempts with what their calls answered, for tables and charts, and as much output as a browser
// takes. The evidence has all attempts at once, so it holds less of each.
var (
	newest = retention{documents: true, notices: true, output: 256 << 10}
	every  = retention{all: true, samples: true, output: EvidenceOutput}
)

// newAttempt begins an attempt with the event that requested it.
func newAttempt(e procedures.Event, keeps retention) *Attempt {
	return &Attempt{
		Step: e.Step, Execution: e.Execution, By: e.By, Requested: e.At, Parameters: e.Parameters, Corrected: e.Corrected,
		RollbackOf: e.RollbackOf, Resumes: e.Resumes, State: procedures.ExecutionWaiting, keeps: keeps,
	}
}

// Running reports whether the attempt waits or runs.
func (a *Attempt) Running() bool {
	return a.State == procedures.ExecutionWaiting || a.State == procedures.ExecutionRunning
}

// start may come a second time, where a server was stopped in between: a bake then continues, everything else begins anew.
func (a *Attempt) start(e procedures.Event) {
	a.State, a.Started, a.Waits = procedures.ExecutionRunning, e.At, ""
	if a.Began.IsZero() {
		a.Began = e.At
	}
	if a.Samples.N() == 0 {
		a.Calls, a.Changes, a.Output, a.Files, a.Progress = nil, nil, Output{}, nil, nil
	}
}

// Since is when the work that Duration measures began: a bake counts from its beginning, everything else from its last start.
func (a *Attempt) Since() time.Time {
	if a.Samples.N() > 0 {
		return a.Began
	}
	return a.Started
}

// call adds a call that was made; planned ones are only shown before a change. A page shows the calls of one sample.
func (a *Attempt) call(e procedures.Event) {
	if e.Call != nil && e.Call.PlanNumber > 0 && a.InFlight != nil && a.InFlight.CallNumber == e.Call.PlanNumber {
		a.InFlight = nil
	}
	if a.sampled && !a.keeps.samples {
		a.Calls = nil
	}
	a.sampled = false
	if e.Call == nil || e.Call.Planned != nil {
		return
	}
	call := *e.Call
	if !a.keeps.documents {
		call.Document = nil
	}
	a.Calls = append(a.Calls, call)
}

// begins keeps which changing call is about to be sent.
func (a *Attempt) begins(e procedures.Event) { a.InFlight = &e }

// change adds what was read again after a call. Calls are numbered within their execution.
func (a *Attempt) change(e procedures.Event) {
	if e.Change != nil {
		a.Changes = append(a.Changes, *e.Change)
	}
}

func (a *Attempt) sample(e procedures.Event) {
	a.Samples.Apply(e)
	a.sampled = true
}

// print adds to the output. The table of kinds says what an event adds.
func (a *Attempt) print(p Piece) {
	if a.keeps.notices || p.Kind == procedures.EventOutput {
		a.Output.add(p, a.keeps.output)
	}
}

// file replaces the event of a file of the same name: a script may write it again.
func (a *Attempt) file(e procedures.Event) {
	a.Files = append(slices.DeleteFunc(a.Files, func(f procedures.Event) bool { return f.Text == e.Text }), e)
}

func (a *Attempt) wait(e procedures.Event) { a.Waits = e.Text }

func (a *Attempt) progress(e procedures.Event) { a.Progress = e.Progress }

func (a *Attempt) apply(procedures.Event) { a.Applied = true }

func (a *Attempt) endEarly(e procedures.Event) { a.EndedEarly = e }

func (a *Attempt) cancel(e procedures.Event) { a.Cancelled, a.CancelledBy = true, e.By }

// finish ends the attempt. Late events of it, such as its last output, may still follow.
func (a *Attempt) finish(e procedures.Event) {
	a.State, a.Ended, a.Duration, a.Judgement, a.Status = procedures.ExecutionFinished, e.At, e.Duration, e.Judgement, e.Status
	a.Applied, a.Waits = false, ""
	if e.Judgement == nil || e.Judgement.Verdict != procedures.Unknown {
		a.Progress = nil // how far it came matters only where it was cut off
	}
}
