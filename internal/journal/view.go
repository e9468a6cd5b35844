package journal

import (
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// View is what the events of a run amount to: the newest of each step, and the timeline. It is
// folded event by event, and may be read by one goroutine at a time.
type View struct {
	Last         int64 // number of the newest event
	Began        time.Time
	By           string
	Finished     bool
	StateChanged int64  // number of the event that finished it, or opened it again, last
	Reason       string // why the run was finished, where the machine finished it
	Steps        map[string]*StepView
	Timeline     []Entry
}

// StepView is the newest of one step.
type StepView struct {
	Last      int64                     // number of the newest event that changed it
	State     procedures.ExecutionState // empty where it was not carried out
	Execution string
	By        string
	Requested time.Time
	Began     time.Time // when it was begun first
	Started   time.Time // and when again, by another process
	Ended     time.Time
	Duration  time.Duration
	Cancelled bool
	Corrected bool
	Judgement *procedures.Judgement
	Status    int
	Calls     []procedures.Call
	Output    []Piece
	Size      int // bytes of output in all
	Files     []procedures.Event
	Progress  *procedures.Progress // the newest of what runs, or was cut off; nil where none was told
	Ticked    bool                 // marked as done by hand
	Until     time.Time            // when the time is over that somebody waits for at a manual step; zero without one
	Skipped   string
	Mark      procedures.Event   // the tick, untick or skip that counts
	Notes     []procedures.Event // people's words
	// Before is the judgement of the execution before this one, in this run.
	Before     *procedures.Judgement
	Samples    Samples          // of a bake
	EndedEarly procedures.Event // that somebody ended a bake before its time; without a kind where nobody did
	// Applied reports that all calls of a change were made and that it is waited for what they changed.
	Applied bool
	// RollbackOf is the execution that the newest one is the way back of, Resumes the one with which it goes on; empty for none.
	RollbackOf, Resumes string
	// Changed is the newest change that the step made, by whichever execution; nil for none.
	Changed *AppliedChanges

	// Request is that another person's yes was asked for, as long as what it is about was not carried out; nil for none.
	Request *ApprovalRequest

	looked bool // a look ended, and what comes now is of the next one
	held   int  // bytes in Output
}

// AppliedChanges is what one execution of a step has changed.
type AppliedChanges struct {
	Execution string
	By        string
	At        time.Time
	Changes   []procedures.Change // what is known of each call that was made, when it was read again
	// RollbackOf is the execution that this was the way back of; Again reports that it was the way back of a way back.
	RollbackOf string
	Reapplied  bool
	// Resumable reports that its script ended before its last changes, and is to be gone on with.
	Resumable bool

	before int // how many of Changes are of executions with which it went on
}

// Piece is something that was printed, or said in between.
type Piece struct {
	Kind   procedures.EventKind // EventCommand, EventOutput or EventNote
	Stream string
	Text   string
	Number int64
}

// keepOutput is how much output of a step a view holds, in bytes; the rest stays in the journal.
const keepOutput = 256 << 10

// Entry is a line of the timeline.
type Entry struct {
	At        time.Time
	Kind      procedures.EventKind
	Step      string
	By        string
	Text      string
	Judgement *procedures.Judgement
	Change    *procedures.Change
	Resumes   bool // what was asked for goes on with an execution before it
}

// NewView returns the view of a run without events.
func NewView() *View { return &View{Steps: map[string]*StepView{}} }

// Step returns the view of a step, never nil.
func (v *View) Step(id string) *StepView {
	if s := v.Steps[id]; s != nil {
		return s
	}
	return &StepView{}
}

// Apply folds an event in. Events come in their order; one that was applied already is left out.
func (v *View) Apply(e procedures.Event) {
	if e.Number != 0 && e.Number <= v.Last {
		return
	}
	v.Last = e.Number
	switch e.Kind {
	case procedures.EventRunStarted:
		v.Began, v.By = e.At, e.By
	case procedures.EventRunFinished:
		v.Finished, v.StateChanged, v.Reason = true, e.Number, e.Text
	case procedures.EventRunReopened:
		v.Finished, v.StateChanged, v.Reason = false, e.Number, ""
	}
	if e.Step != "" {
		s := v.Steps[e.Step]
		if s == nil {
			s = &StepView{}
			v.Steps[e.Step] = s
		}
		s.apply(e)
		s.Last = e.Number
	}
	v.enter(e)
}

func (v *View) enter(e procedures.Event) {
	if e.Kind == procedures.EventStepRequested && e.RollbackOf == "" && e.Resumes == "" {
		return
	}
	switch e.Kind {
	case procedures.EventStepRequested, procedures.EventRunStarted, procedures.EventRunFinished, procedures.EventRunReopened, procedures.EventStepCancel, procedures.EventMarkedDone, procedures.EventMarkedUndone, procedures.EventMarkedSkipped,
		procedures.EventCountdown, procedures.EventKept, procedures.EventUnkept, procedures.EventNote, procedures.EventStepFinished, procedures.EventOverride,
		procedures.EventApplied, procedures.EventChanged, procedures.EventEndedEarly, procedures.EventApprovalRequested, procedures.EventApproved, procedures.EventDeclined, procedures.EventApprovalWithdrawn:
		v.Timeline = append(v.Timeline, Entry{At: e.At, Kind: e.Kind, Step: e.Step, By: e.By, Text: e.Text, Judgement: e.Judgement, Change: e.Change, Resumes: e.Resumes != ""})
	}
}

func (s *StepView) apply(e procedures.Event) {
	switch e.Kind {
	case procedures.EventStepRequested:
		before := s.Judgement
		*s = StepView{
			State: procedures.ExecutionWaiting, Execution: e.Execution, By: e.By, Requested: e.At, Corrected: e.Corrected, RollbackOf: e.RollbackOf, Resumes: e.Resumes, Changed: s.Changed,
			Before: before, Ticked: s.Ticked, Skipped: s.Skipped, Mark: s.Mark, Notes: s.Notes, Request: s.Request.without(e.Execution),
		}
		return
	case procedures.EventApprovalRequested, procedures.EventApproved, procedures.EventDeclined, procedures.EventApprovalWithdrawn:
		s.Request = s.Request.apply(e)
		return
	case procedures.EventMarkedDone, procedures.EventMarkedUndone:
		s.Ticked, s.Skipped, s.Mark, s.Until = e.Kind == procedures.EventMarkedDone, "", e, time.Time{}
		return
	case procedures.EventCountdown:
		s.Ticked, s.Skipped, s.Mark, s.Until = false, "", e, e.At.Add(e.Duration)
		return
	case procedures.EventMarkedSkipped:
		s.Ticked, s.Skipped, s.Mark, s.Until = false, e.Text, e, time.Time{}
		return
	case procedures.EventNote:
		s.Notes = append(s.Notes, e)
		return
	}
	if e.Execution != s.Execution {
		return // a late word of an execution that is not the newest
	}
	switch e.Kind {
	case procedures.EventStepStarted: // also a second time, where a server was stopped in between
		s.State = procedures.ExecutionRunning
		s.Started = e.At
		if s.Began.IsZero() {
			s.Began = e.At
		}
		if s.Samples.N() > 0 { // a bake goes on
			return
		}
		s.Calls, s.Output, s.Size, s.held, s.Files, s.Progress = nil, nil, 0, 0, nil, nil
	case procedures.EventProgress:
		s.Progress = e.Progress
	case procedures.EventCommand, procedures.EventOutput, procedures.EventNotice:
		s.print(Piece{Kind: e.Kind, Stream: e.Stream, Text: e.Text, Number: e.Number})
	case procedures.EventCall:
		if s.looked { // a page shows the calls of one look
			s.looked, s.Calls = false, nil
		}
		if e.Call != nil && e.Call.Planned == nil {
			s.Calls = append(s.Calls, *e.Call)
			s.changes(e)
		}
	case procedures.EventApplied:
		s.Applied = true
	case procedures.EventChanged:
		if e.Change != nil && s.Changed != nil {
			change := *e.Change
			change.PlanNumber += s.Changed.before
			s.Changed.Changes = append(s.Changed.Changes, change)
		}
	case procedures.EventFile:
		s.Files = append(slices.DeleteFunc(s.Files, func(f procedures.Event) bool { return f.Text == e.Text }), e) // it may be written again
	case procedures.EventSample:
		s.Samples.Apply(e)
		s.looked = true
		s.print(Piece{Kind: e.Kind, Text: SampleLine(e) + "\n", Number: e.Number})
	case procedures.EventEndedEarly:
		s.EndedEarly = e
	case procedures.EventStepCancel:
		s.Cancelled = true
	case procedures.EventStepFinished:
		s.State, s.Ended, s.Duration, s.Judgement, s.Status = procedures.ExecutionFinished, e.At, e.Duration, e.Judgement, e.Status
		s.Applied = false
		if s.Changed != nil && s.Changed.Execution == s.Execution {
			s.Changed.Resumable = e.Resumable
		}
		if e.Judgement == nil || e.Judgement.Verdict != procedures.Unknown {
			s.Progress = nil // how far it came matters where it was cut off
		}
		if e.Judgement != nil && e.Judgement.Verdict == procedures.Unknown {
			s.Changed = nil // what there is now is not known
		}
	}
}

// changes keeps that the newest execution has changed something: what was changed before it is not what there is any more.
func (s *StepView) changes(e procedures.Event) {
	if e.Call.PlanNumber == 0 || e.Call.Status != 0 || e.Call.Rehearsed || s.Changed != nil && s.Changed.Execution == s.Execution {
		return
	}
	if s.Changed != nil && s.Resumes != "" && s.Changed.Execution == s.Resumes {
		before := s.Changed
		s.Changed = &AppliedChanges{Execution: s.Execution, By: s.By, At: e.At, RollbackOf: before.RollbackOf, Reapplied: before.Reapplied, Changes: slices.Clone(before.Changes)}
		for _, c := range before.Changes {
			s.Changed.before = max(s.Changed.before, c.PlanNumber)
		}
		return
	}
	again := s.Changed != nil && s.Changed.Execution == s.RollbackOf && s.Changed.RollbackOf != "" && !s.Changed.Reapplied
	s.Changed = &AppliedChanges{Execution: s.Execution, By: s.By, At: e.At, RollbackOf: s.RollbackOf, Reapplied: again}
}

// print adds a piece, and lets the oldest go where there are too many.
func (s *StepView) print(p Piece) {
	s.Output = append(s.Output, p)
	s.Size += len(p.Text)
	s.held += len(p.Text)
	for len(s.Output) > 1 && s.held > keepOutput {
		s.held -= len(s.Output[0].Text)
		s.Output = s.Output[1:]
	}
}

// Running reports whether the step waits or runs.
func (s *StepView) Running() bool {
	return s.State == procedures.ExecutionWaiting || s.State == procedures.ExecutionRunning
}

// Resumable reports that the step ended before its last changes, and is to be gone on with.
func (s *StepView) Resumable() bool {
	return !s.Running() && s.Changed != nil && s.Changed.Resumable && s.Changed.Execution == s.Execution
}

// Verdict is what the step came to; empty where it was not judged. A step that was done by hand has passed.
func (s *StepView) Verdict() procedures.Verdict {
	switch {
	case s.Running():
		return ""
	case s.Ticked:
		return procedures.Passed
	case s.Skipped != "":
		return procedures.Skipped
	case s.Judgement != nil:
		return s.Judgement.Verdict
	}
	return ""
}

// Cut reports whether the beginning of the output is not held any more.
func (s *StepView) Cut() bool { return s.held < s.Size }
