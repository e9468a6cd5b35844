package journal

import (
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// View is what the events of a run amount to. It is folded event by event, and may be used by one goroutine at a time.
// What it holds is its own: a reader must not change it, and must not keep it past the next Apply.
type View struct {
	Last         int64 // number of the newest event
	Began        time.Time
	By           string
	Finished     bool
	StateChanged int64  // number of the event that last finished or reopened it
	Reason       string // why the run ended, where it ended by itself
	Steps        map[string]*StepView
	Timeline     []Entry
	// Attempts are all executions in the order of their requests. A view of the newest ones has none here.
	Attempts []*Attempt

	keeps       retention
	byExecution map[string]*Attempt // of Attempts
	large       map[string]string   // values of parameters that events refer to, by their digest
}

// NewView returns the view of a run without events. It holds the newest attempt of each step.
func NewView() *View { return newView(newest) }

func newView(keeps retention) *View {
	return &View{Steps: map[string]*StepView{}, keeps: keeps, byExecution: map[string]*Attempt{}, large: map[string]string{}}
}

// Step returns the view of a step, never nil.
func (v *View) Step(id string) *StepView {
	if s := v.Steps[id]; s != nil {
		return s
	}
	return newStepView()
}

// Apply folds an event in. Events come in the order of their numbers; one that was applied already is left out.
func (v *View) Apply(e procedures.Event) {
	if e.Number != 0 && e.Number <= v.Last {
		return
	}
	v.Last = e.Number
	kind := kinds[e.Kind]
	if kind.run != nil {
		kind.run(v, e)
	}
	if e.Step != "" {
		v.applyToStep(kind, e)
	}
	if entry, ok := EntryOf(e); ok {
		if s := v.Step(e.Step); e.Kind == procedures.EventStepFinished && s.Execution == e.Execution && s.By != "" {
			entry.Then = "by " + s.By // whose press it was
		}
		v.Timeline = append(v.Timeline, entry)
	}
}

// applyToStep folds an event of a step. The view itself begins attempts, because it knows how much of them is held.
func (v *View) applyToStep(kind kind, e procedures.Event) {
	s := v.Steps[e.Step]
	if s == nil {
		s = newStepView()
		v.Steps[e.Step] = s
	}
	s.Last = e.Number
	if e.Kind == procedures.EventStepRequested {
		e.Parameters = v.parameters(e)
		s.request(e, v.keeps)
		if v.keeps.all {
			v.Attempts = append(v.Attempts, s.Attempt)
			v.byExecution[e.Execution] = s.Attempt
		}
	}
	if kind.step != nil {
		kind.step(s, e)
	}
	a := v.attempt(s, e.Execution)
	if a != nil && kind.attempt != nil {
		kind.attempt(a, e)
	}
	if p, ok := PieceOf(e); a != nil && ok {
		a.print(p)
	}
}

// attempt is the attempt that an event belongs to. It is nil for a late event of an attempt that the view does not hold.
func (v *View) attempt(s *StepView, execution string) *Attempt {
	if s.Execution == execution {
		return s.Attempt
	}
	return v.byExecution[execution]
}

// start, finish and reopen are the run's own events. It may be finished and reopened many times.
func (v *View) start(e procedures.Event) { v.Began, v.By = e.At, e.By }
func (v *View) finish(e procedures.Event) {
	v.Finished, v.StateChanged, v.Reason = true, e.Number, e.Text
}
func (v *View) reopen(e procedures.Event) { v.Finished, v.StateChanged, v.Reason = false, e.Number, "" }
