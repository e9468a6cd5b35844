package journal

import (
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// StepView is what the events of a run amount to for one step: its newest attempt, and what people did beside it.
type StepView struct {
	*Attempt       // the newest, never nil
	Last     int64 // number of the newest event that concerns the step
	Notes    []procedures.Event
	// Mark is the mark or countdown that counts; its Kind is empty where there is none.
	Mark procedures.Event
	// Changed is the newest change that the step made, by whichever execution; nil for none.
	Changed *AppliedChanges
	// Request is the newest request for approval, until what it is about is executed; nil for none.
	Request *ApprovalRequest
}

func newStepView() *StepView { return &StepView{Attempt: &Attempt{}} }

// request begins the next attempt. Marks and notes stay; a countdown ends.
func (s *StepView) request(e procedures.Event, keeps retention) {
	s.Attempt = newAttempt(e, keeps)
	s.Request = s.Request.without(e.Execution)
	if s.Mark.Kind == procedures.EventCountdown {
		s.Mark = procedures.Event{}
	}
}

func (s *StepView) mark(e procedures.Event) { s.Mark = e }

func (s *StepView) approve(e procedures.Event) { s.Request = s.Request.apply(e) }

func (s *StepView) note(e procedures.Event) { s.Notes = append(s.Notes, e) }

// Done reports whether somebody marked the step as done.
func (s *StepView) Done() bool { return s.Mark.Kind == procedures.EventMarkedDone }

// Skipped reports whether somebody marked the step as skipped; the reason is the text of Mark.
func (s *StepView) Skipped() bool { return s.Mark.Kind == procedures.EventMarkedSkipped }

// Until is when the countdown of a manual step ends; zero where none was started.
func (s *StepView) Until() time.Time {
	if s.Mark.Kind != procedures.EventCountdown {
		return time.Time{}
	}
	return s.Mark.At.Add(s.Mark.Duration)
}

// Resumable reports that the step ended before its last changes, and that the rest of them can be executed.
func (s *StepView) Resumable() bool {
	return !s.Running() && s.Changed != nil && s.Changed.Resumable && s.Changed.Execution == s.Execution
}

// Verdict is what the step came to; empty where nothing is judged. A step that was marked as done has passed.
func (s *StepView) Verdict() procedures.Verdict {
	switch {
	case s.Running():
		return ""
	case s.Done():
		return procedures.Passed
	case s.Skipped():
		return procedures.Skipped
	case s.Judgement != nil:
		return s.Judgement.Verdict
	}
	return ""
}

// Judged is the judgement that counts: that of the newest attempt, unless a mark stands in its place. It is zero where
// nothing is judged.
func (s *StepView) Judged() procedures.Judgement {
	if s.Judgement == nil || s.Running() || s.Done() || s.Skipped() {
		return procedures.Judgement{}
	}
	return *s.Judgement
}

// AppliedChanges is what one execution of a step has changed, together with those that it resumes.
type AppliedChanges struct {
	Execution string
	By        string
	At        time.Time
	Changes   []procedures.Change // what is known of each call that was made, when it was read again
	// RollbackOf is the execution that this one rolled back; Reapplied reports that it rolled back a rollback.
	RollbackOf string
	Reapplied  bool
	// Resumable reports that its script ended before its last changes.
	Resumable bool

	before int // how many of Changes are of executions that it resumes
}

// changes begins what the newest execution changes, with its first call that changes something. What another execution
// changed before is not what there is any more.
func (s *StepView) changes(e procedures.Event) {
	c := e.Call
	if e.Execution != s.Execution || c == nil || c.Planned != nil || c.PlanNumber == 0 || c.Status != 0 || c.Rehearsed {
		return
	}
	before := s.Changed
	if before != nil && before.Execution == s.Execution {
		return
	}
	if s.Judgement != nil && s.Judgement.Verdict == procedures.Unknown { // it is recorded late, and others have said that it is unknown
		return
	}
	s.Changed = &AppliedChanges{Execution: s.Execution, By: s.By, At: e.At, RollbackOf: s.RollbackOf}
	switch {
	case before == nil:
	case s.Resumes != "" && before.Execution == s.Resumes:
		s.Changed.RollbackOf, s.Changed.Reapplied, s.Changed.Changes = before.RollbackOf, before.Reapplied, slices.Clone(before.Changes)
		for _, c := range before.Changes {
			s.Changed.before = max(s.Changed.before, c.PlanNumber)
		}
	case before.Execution == s.RollbackOf:
		s.Changed.Reapplied = before.RollbackOf != "" && !before.Reapplied
	}
}

// changed adds what was read again after one call. Calls are numbered on from those of the executions that it resumes.
func (s *StepView) changed(e procedures.Event) {
	if e.Execution == s.Execution && e.Change != nil && s.Changed != nil {
		change := *e.Change
		change.PlanNumber += s.Changed.before
		s.Changed.Changes = append(s.Changed.Changes, change)
	}
}

// ended closes what was changed. After an execution whose end is unknown, it is unknown what there is.
func (s *StepView) ended(e procedures.Event) {
	if e.Execution != s.Execution {
		return
	}
	if s.Changed != nil && s.Changed.Execution == s.Execution {
		s.Changed.Resumable = e.Resumable
	}
	if e.Judgement != nil && e.Judgement.Verdict == procedures.Unknown {
		s.Changed = nil
	}
}
