package runs

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

// maxWords bounds a remark, in bytes.
const maxWords = 8 << 10

// Mark is what a person says of a run or of a step, without anything being carried out.
type Mark struct {
	Procedure, Environment string
	Step                   string // empty for the run
	Text                   string // a note, or a reason
	By                     access.Person
}

// MarkDone marks a step as done by hand. It begins a run where none is open. A step that waits for a time is done
// when the time is over; before that a reason is needed.
func (s *Service) MarkDone(ctx context.Context, y Mark) (run string, err error) {
	return s.say(ctx, procedures.EventMarkedDone, y)
}

// StartCountdown begins the countdown of a manual step that names a time, such as "StartCountdown 30 minutes".
func (s *Service) StartCountdown(ctx context.Context, y Mark) (run string, err error) {
	return s.say(ctx, procedures.EventCountdown, y)
}

// MarkUndone takes a mark away.
func (s *Service) MarkUndone(ctx context.Context, y Mark) (run string, err error) {
	return s.say(ctx, procedures.EventMarkedUndone, y)
}

// MarkSkipped leaves a step out, for a reason.
func (s *Service) MarkSkipped(ctx context.Context, y Mark) (run string, err error) {
	if strings.TrimSpace(y.Text) == "" {
		return "", procedures.Errorf(procedures.CodeInvalid, "say why the step is left out")
	}
	return s.say(ctx, procedures.EventMarkedSkipped, y)
}

// AddNote adds words to a step or to the run.
func (s *Service) AddNote(ctx context.Context, y Mark) (run string, err error) {
	if strings.TrimSpace(y.Text) == "" {
		return "", procedures.Errorf(procedures.CodeInvalid, "there is nothing in the note")
	}
	return s.say(ctx, procedures.EventNote, y)
}

func (s *Service) say(ctx context.Context, kind procedures.EventKind, y Mark) (string, error) {
	if len(y.Text) > maxWords {
		return "", procedures.Errorf(procedures.CodeInvalid, "the note has %d bytes; at most %d are taken", len(y.Text), maxWords)
	}
	w, err := s.wish(ctx, Request{Procedure: y.Procedure, Environment: y.Environment, By: y.By})
	if err != nil {
		return "", err
	}
	if err := s.may(ctx, w.Request, access.Write, ""); err != nil {
		return "", err
	}
	var step *procedures.Step
	if y.Step != "" {
		if step = w.procedure.Step(y.Step); step == nil {
			return "", procedures.Errorf(procedures.CodeNotFound, "%s has no step %q", w.procedure.Title, y.Step)
		}
	}
	event := y.By.Sign(procedures.Event{Kind: kind, Step: y.Step, Text: y.Text})
	if kind == procedures.EventCountdown {
		if step == nil || step.Countdown == 0 {
			return "", procedures.Errorf(procedures.CodeInvalid, "there is no time to wait for here")
		}
		event.Duration = step.Countdown
	}
	if kind == procedures.EventMarkedDone && step != nil && step.Countdown > 0 && strings.TrimSpace(y.Text) == "" {
		if err := s.waited(ctx, w, step); err != nil {
			return "", err
		}
	}
	if step != nil && step.Kind == procedures.KindManual && step.Bake != nil && kind != procedures.EventNote {
		if err := s.unwatched(ctx, w, step); err != nil {
			return "", err
		}
	}
	id := ""
	err = s.Store.Update(ctx, func(tx procedures.Tx) error {
		if err := s.alone(ctx, tx, w); err != nil {
			return err
		}
		run, _, err := s.join(ctx, tx, w)
		if err != nil {
			return err
		}
		id = run.id
		event.At = s.Now()
		return run.write(ctx, []procedures.Event{event})
	})
	if err != nil {
		return "", err
	}
	s.recorded(w.began...)
	s.tell(id, Topic(w.Environment, w.procedure.ID), Topic(w.Environment, ""))
	return id, nil
}

// waited reports as an error that a step's time is not over.
func (s *Service) waited(ctx context.Context, w *wish, step *procedures.Step) error {
	view := journal.NewView()
	open, err := s.Open(ctx, w.procedure.ID, w.Environment)
	if err == nil && open != nil {
		view, err = s.View(ctx, open.ID)
	}
	if err != nil {
		return err
	}
	if until := view.Step(step.ID).Until(); until.IsZero() || s.Now().Before(until) {
		return procedures.Errorf(procedures.CodeInvalid, "%s: the time is not over; say why the step ends early", step.Title)
	}
	return nil
}

// Finish ends a run. One in which something runs is not ended.
func (s *Service) Finish(ctx context.Context, run string, by access.Person) error {
	head, err := s.Store.Head(ctx, nil, run)
	if err != nil {
		return err
	}
	if err := s.Policy.May(ctx, access.Request{Person: by, Action: access.Write, Environment: head.Environment, Procedure: head.Procedure}); err != nil {
		return err
	}
	return s.finish(ctx, run, by, "")
}

// Reopen lets a finished run take presses again. There is one open run of a procedure in an environment.
func (s *Service) Reopen(ctx context.Context, run string, by access.Person) error {
	head, err := s.Store.Head(ctx, nil, run)
	if err != nil {
		return err
	}
	if err := s.Policy.May(ctx, access.Request{Person: by, Action: access.Write, Environment: head.Environment, Procedure: head.Procedure}); err != nil {
		return err
	}
	now, _, err := s.Library().Find(head.Procedure)
	if err != nil || now.ID != head.Procedure || now.Digest != head.Digest {
		return procedures.Errorf(procedures.CodeConflict, "the runbook was edited after this run: it stays finished; open the procedure's page to begin another")
	}
	err = s.Store.Update(ctx, func(tx procedures.Tx) error {
		if head, err = s.lock(ctx, tx, run); err != nil || head.State == procedures.RunOpen {
			return err
		}
		if head.State != procedures.RunFinished {
			return procedures.Errorf(procedures.CodeConflict, "this run is a schedule's, and ends by itself")
		}
		if err := s.Store.ReopenRun(ctx, tx, run, s.Now()); err != nil {
			return err
		}
		return s.Store.Append(ctx, tx, run, s.Now(), []procedures.Event{by.Sign(procedures.Event{Kind: procedures.EventRunReopened, At: s.Now()})})
	})
	if s.Store.Conflicts(err) {
		return procedures.Errorf(procedures.CodeConflict, "another run of this procedure is open: finish that one first; this one stays finished")
	}
	if err != nil {
		return err
	}
	s.tell(run, Topic(head.Environment, head.Procedure), Topic(head.Environment, ""))
	return nil
}

func (s *Service) finish(ctx context.Context, id string, by access.Person, reason string) error {
	var head *procedures.Run
	err := s.Store.Update(ctx, func(tx procedures.Tx) error {
		var err error
		if head, err = s.lock(ctx, tx, id); err != nil || head.State != procedures.RunOpen {
			return err
		}
		executions, err := s.Store.Executions(ctx, tx, id)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(executions, func(e *procedures.Execution) bool {
			return e.State == procedures.ExecutionRunning || e.State == procedures.ExecutionWaiting
		}) {
			return procedures.Errorf(procedures.CodeConflict, "a step is still running; wait for it, or cancel it first")
		}
		return s.end(ctx, tx, id, by.Sign(procedures.Event{Kind: procedures.EventRunFinished, At: s.Now(), Text: reason}))
	})
	if err != nil {
		return err
	}
	s.tell(id, Topic(head.Environment, head.Procedure), Topic(head.Environment, ""))
	return nil
}

// end closes a run in a transaction: what waits is left out.
func (s *Service) end(ctx context.Context, tx procedures.Tx, id string, event procedures.Event) error {
	executions, err := s.Store.Executions(ctx, tx, id)
	if err != nil {
		return err
	}
	now := s.Now()
	var events []procedures.Event
	for _, e := range executions {
		if e.State != procedures.ExecutionWaiting {
			continue
		}
		if _, err := s.Store.FinishExecution(ctx, tx, e, procedures.Skipped, now); err != nil {
			return err
		}
		judgement := procedures.Judgement{Verdict: procedures.Skipped, Reason: "Not begun: the run was finished."}
		events = append(events, procedures.Event{Kind: procedures.EventStepFinished, At: now, Step: e.Step, Execution: e.ID, Judgement: &judgement})
	}
	if err := s.Store.Append(ctx, tx, id, now, append(events, event)); err != nil {
		return err
	}
	return s.Store.FinishRun(ctx, tx, id, now)
}

// Watch finishes idle runs, begins what is scheduled, deletes old runs, hears what other replicas tell, and takes up what they left, until ctx ends.
func (s *Service) Watch(ctx context.Context) {
	var others sync.WaitGroup
	defer others.Wait()
	others.Go(func() {
		s.Store.Attend(ctx, s.Logger, func(news procedures.Notification) { s.heard(ctx, news) }, func() { s.missed(ctx) })
	})
	others.Go(func() { s.watchOthers(ctx) })
	others.Go(func() { s.lookAtSchedules(ctx) })
	others.Go(func() { s.retainRuns(ctx) })
	tick := time.NewTicker(10 * time.Minute)
	defer tick.Stop()
	for {
		if err := s.Tidy(ctx); err != nil && ctx.Err() == nil {
			s.Logger.WarnContext(ctx, "finish idle runs", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
