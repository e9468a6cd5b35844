package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Evidence is a run as a document: every carrying out of each step and every word of a person, not only the newest.
type Evidence struct {
	Run       *procedures.Run
	Procedure *procedures.Procedure // as its text was when the run began
	File      string                // of the runbook
	Text      string                // SHA-256 of the file's text, hexadecimal
	Journal   string                // SHA-256 of the events as WriteJournal writes them, hexadecimal
	Last      int64                 // the number of the last event in it
	View      *View                 // the newest of each step

	Began, Ended time.Time // of the first and of the last thing that was done
	Attempts     []*Attempt
	Actions      []procedures.Event // people's marks and words in their order
	People       []string           // all who did or said something
	Recovery     *Recovery          // nil where nothing was to be brought back

	journal hash.Hash
	byID    map[string]*Attempt
}

// Attempt is one carrying out of a step.
type Attempt struct {
	Step                string
	Execution           string
	By                  string
	Requested           time.Time
	Started             time.Time // zero where it did not begin
	Ended               time.Time // zero where it has not ended
	Took                time.Duration
	Target              time.Duration // how long it may take; 0 where nobody said
	Judgement           *procedures.Judgement
	Status              int
	Corrected           bool
	Cancelled           string // who asked to stop it
	Parameters          map[string]string
	Calls               []procedures.Call // without their documents
	Changes             []*procedures.Change
	RollbackOf          string // the execution that it is the way back of; empty for none
	Samples, BadSamples int    // of a bake: how often it looked, and how often what it saw was not well
	Output              string // the end of what it printed
	Cut                 bool   // more was printed than Output has

	point time.Time // of when the data are that it found
}

// Recovery is how long bringing data back took, and how old they were.
type Recovery struct {
	Steps         []*procedures.Step
	Began         time.Time // of the first step; zero where none was carried out
	Ended         time.Time // of the last step; zero as long as one is to go
	Missing       []*procedures.Step
	Took          time.Duration
	TimeObjective time.Duration // 0 where nobody said
	Failed        bool          // one of the steps did not come to a good end

	Point          time.Time // of when the data are; zero where that was not found
	From           time.Time // when the first changing step began
	Age            time.Duration
	PointObjective time.Duration
}

// evidenceOutput is how much of an attempt's output is evidence, in bytes: its end.
const evidenceOutput = 4 << 10

// WriteEvent writes an event as one line of JSON.
func WriteEvent(w io.Writer, e procedures.Event) error {
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("write event %d: %w", e.Number, err)
	}
	_, err = w.Write(append(line, '\n'))
	return err
}

// NewEvidence returns the evidence of a run without events. Markdown is the runbook's text as it was when the run began.
func NewEvidence(run *procedures.Run, p *procedures.Procedure, file, markdown string) *Evidence {
	sum := sha256.Sum256([]byte(markdown))
	return &Evidence{Run: run, Procedure: p, File: file, Text: hex.EncodeToString(sum[:]), View: NewView(), journal: sha256.New(), byID: map[string]*Attempt{}}
}

// Close ends the evidence after its last event.
func (f *Evidence) Close() {
	f.Journal = hex.EncodeToString(f.journal.Sum(nil))
	f.Recovery = f.recovered()
}

// Apply folds an event in. Events come in their order.
func (f *Evidence) Apply(e procedures.Event) error {
	if err := WriteEvent(f.journal, e); err != nil {
		return err
	}
	f.Last = e.Number
	f.View.Apply(e)
	if e.By != "" && !slices.Contains(f.People, e.By) {
		f.People = append(f.People, e.By)
	}
	switch e.Kind {
	case procedures.EventRunStarted:
		f.Began = e.At
	case procedures.EventStepRequested:
		f.ask(e)
	case procedures.EventStepStarted, procedures.EventStepFinished, procedures.EventStepCancel, procedures.EventCall, procedures.EventChanged, procedures.EventSample, procedures.EventOutput:
		if a := f.byID[e.Execution]; a != nil {
			f.attempt(a, e)
		}
	case procedures.EventCommand, procedures.EventNotice, procedures.EventFile, procedures.EventProgress, procedures.EventApplied, procedures.EventKept, procedures.EventUnkept:
		return nil // what was called stands with its answer
	default:
		f.Actions = append(f.Actions, e)
	}
	if f.Began.IsZero() {
		f.Began = e.At
	}
	f.Ended = e.At
	return nil
}

func (f *Evidence) ask(e procedures.Event) {
	a := &Attempt{Step: e.Step, Execution: e.Execution, By: e.By, Requested: e.At, Corrected: e.Corrected, RollbackOf: e.RollbackOf, Parameters: e.Parameters}
	f.Attempts = append(f.Attempts, a)
	f.byID[e.Execution] = a
	if step := f.Procedure.Step(e.Step); step != nil {
		a.Target = step.Annotations.Target.Of(f.values(e.Parameters))
	}
}

// values are the parameters of an attempt, the run's where it has none of its own.
func (f *Evidence) values(own map[string]string) map[string]string {
	out := map[string]string{}
	for _, p := range f.Procedure.Parameters {
		out[p.Name] = p.Default
	}
	for _, given := range []map[string]string{f.Run.Parameters, own} {
		for name, value := range given {
			out[name] = value
		}
	}
	return out
}

func (f *Evidence) attempt(a *Attempt, e procedures.Event) {
	switch e.Kind {
	case procedures.EventStepStarted: // also a second time, where a server was stopped in between
		if a.Samples > 0 { // a bake goes on
			return
		}
		a.Started, a.Calls, a.Changes, a.Output, a.Cut = e.At, nil, nil, "", false
	case procedures.EventStepFinished:
		a.Ended, a.Took, a.Judgement, a.Status = e.At, e.Duration, e.Judgement, e.Status
	case procedures.EventStepCancel:
		a.Cancelled = e.By
	case procedures.EventChanged:
		if e.Change != nil {
			a.Changes = append(a.Changes, e.Change)
		}
	case procedures.EventSample:
		a.Samples++
		if e.Judgement != nil && e.Judgement.Verdict.Exit() > 0 {
			a.BadSamples++
		}
	case procedures.EventOutput:
		a.Output += e.Text
		if over := len(a.Output) - evidenceOutput; over > 0 {
			a.Output, a.Cut = a.Output[over:], true
			if _, lines, ok := strings.Cut(a.Output, "\n"); ok && lines != "" { // from the beginning of a line
				a.Output = lines
			}
		}
	case procedures.EventCall:
		f.call(a, e.Call)
	}
}

func (f *Evidence) call(a *Attempt, c *procedures.Call) {
	if c == nil || c.Planned != nil {
		return
	}
	if step := f.Procedure.Step(a.Step); step != nil && step.Annotations.Recovery != nil && c.Status == 0 {
		if at, ok := step.Annotations.Recovery.PointIn(c.Document); ok {
			a.point = at
		}
	}
	kept := *c
	kept.Document = nil
	a.Calls = append(a.Calls, kept)
}

// recovered measures the steps that bring data back, each by its newest attempt.
func (f *Evidence) recovered() *Recovery {
	newest := map[string]*Attempt{}
	for _, a := range f.Attempts {
		newest[a.Step] = a
	}
	var r *Recovery
	for _, step := range f.Procedure.Steps {
		objectives := step.Annotations.Recovery
		if objectives == nil || step.Kind != procedures.KindScript {
			continue
		}
		if r == nil {
			values := f.values(nil)
			r = &Recovery{TimeObjective: objectives.Time.Of(values), PointObjective: objectives.Point.Of(values)}
		}
		r.Steps = append(r.Steps, step)
		r.step(step, newest[step.ID])
	}
	if r == nil {
		return nil
	}
	if len(r.Missing) > 0 {
		r.Ended = time.Time{}
	} else {
		r.Took = r.Ended.Sub(r.Began)
	}
	if !r.Point.IsZero() && !r.From.IsZero() {
		r.Age = r.From.Sub(r.Point)
	}
	return r
}

// step counts the newest attempt of a step in, nil for none.
func (r *Recovery) step(step *procedures.Step, a *Attempt) {
	if a == nil || a.Judgement == nil {
		r.Missing = append(r.Missing, step)
		return
	}
	if v := a.Judgement.Verdict; v.Exit() > 0 || v == procedures.Skipped {
		r.Failed = true
	}
	if r.Began.IsZero() || a.Started.Before(r.Began) {
		r.Began = a.Started
	}
	if a.Ended.After(r.Ended) {
		r.Ended = a.Ended
	}
	if !a.point.IsZero() {
		r.Point = a.point
	}
	if step.Effect().Changes() && r.From.IsZero() {
		r.From = a.Started
	}
}

// TimeMet reports whether the data were back in time; ok is false where that cannot be said.
func (r *Recovery) TimeMet() (met, ok bool) {
	if r.TimeObjective <= 0 || r.Failed {
		return false, r.TimeObjective > 0
	}
	if r.Ended.IsZero() {
		return false, false
	}
	return r.Took <= r.TimeObjective, true
}

// PointMet reports whether the data were young enough; ok is false where that cannot be said.
func (r *Recovery) PointMet() (met, ok bool) {
	if r.PointObjective <= 0 || r.Point.IsZero() || r.From.IsZero() {
		return false, false
	}
	return r.Age <= r.PointObjective, true
}
