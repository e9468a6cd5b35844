package runs

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
)

// maxWords bounds a remark, in bytes.
const maxWords = 8 << 10

// Saying is what a person says of a run or of a step, without anything being carried out.
type Saying struct {
	Procedure, Environment string
	Step                   string // empty for the run
	Text                   string // a note, or a reason
	By                     access.Person
}

// Tick marks a step as done by hand. It begins a run where none is open.
func (s *Service) Tick(ctx context.Context, y Saying) (run string, err error) {
	return s.say(ctx, procedures.EventTicked, y)
}

// Untick takes a mark away.
func (s *Service) Untick(ctx context.Context, y Saying) (run string, err error) {
	return s.say(ctx, procedures.EventUnticked, y)
}

// Skip leaves a step out, for a reason.
func (s *Service) Skip(ctx context.Context, y Saying) (run string, err error) {
	if strings.TrimSpace(y.Text) == "" {
		return "", procedures.Errorf(procedures.CodeInvalid, "say why the step is left out")
	}
	return s.say(ctx, procedures.EventSkipped, y)
}

// Remark adds words to a step or to the run.
func (s *Service) Remark(ctx context.Context, y Saying) (run string, err error) {
	if strings.TrimSpace(y.Text) == "" {
		return "", procedures.Errorf(procedures.CodeInvalid, "there is nothing in the note")
	}
	return s.say(ctx, procedures.EventRemark, y)
}

func (s *Service) say(ctx context.Context, kind procedures.EventKind, y Saying) (string, error) {
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
	if y.Step != "" && w.procedure.Step(y.Step) == nil {
		return "", procedures.Errorf(procedures.CodeNotFound, "%s has no step %q", w.procedure.Title, y.Step)
	}
	id := ""
	err = s.Store.Update(ctx, func(tx procedures.Tx) error {
		run, _, err := s.join(ctx, tx, w)
		if err != nil {
			return err
		}
		id = run.id
		return run.write(ctx, []procedures.Event{{Kind: kind, At: s.Now(), Step: y.Step, By: y.By.Name, Text: y.Text}})
	})
	if err != nil {
		return "", err
	}
	s.tell(id, Topic(w.Environment, w.procedure.ID), Topic(w.Environment, ""))
	return id, nil
}

// Finish ends a run. One in which something runs is not ended.
func (s *Service) Finish(ctx context.Context, run string, by access.Person) error {
	head, err := s.Store.Head(ctx, nil, run)
	if err != nil {
		return err
	}
	if err := s.Policy.May(ctx, access.Wish{Person: by, Action: access.Write, Environment: head.Environment, Procedure: head.Procedure}); err != nil {
		return err
	}
	return s.finish(ctx, run, by.Name, "")
}

func (s *Service) finish(ctx context.Context, id, by, reason string) error {
	var head *procedures.Run
	err := s.Store.Update(ctx, func(tx procedures.Tx) error {
		var err error
		if head, err = s.Store.Head(ctx, tx, id); err != nil || head.State != procedures.RunOpen {
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
		return s.end(ctx, tx, id, procedures.Event{Kind: procedures.EventRunFinished, At: s.Now(), By: by, Text: reason})
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
		if _, err := s.Store.FinishExecution(ctx, tx, e.ID, procedures.ExecutionWaiting, procedures.Skipped, now); err != nil {
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

// Watch finishes idle runs until ctx ends.
func (s *Service) Watch(ctx context.Context) {
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
