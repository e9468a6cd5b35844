package runs

import (
	"context"
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

// maxLooking is how many looks of bakes one server makes at the same time. Between its looks a bake takes no worker.
const maxLooking = 20

// bakes reports whether an execution is that of a bake.
func (s *Service) bakes(ctx context.Context, run *procedures.Run, e *procedures.Execution) bool {
	p, err := s.Procedure(ctx, run)
	if err != nil {
		return false // carrying it out says why
	}
	step := p.Step(e.Step)
	return step != nil && step.Bake != nil
}

// baking is what a bake goes on from: what the journal has of its execution.
func (s *Service) baking(ctx context.Context, e *procedures.Execution) (engine.Baking, error) {
	view, err := s.View(ctx, e.Run)
	if err != nil {
		return engine.Baking{}, err
	}
	b := engine.Baking{Now: s.Now, Wait: s.Sleep, Turn: s.turn}
	if v := view.Step(e.Step); v.Execution == e.ID {
		b.Began, b.Samples = v.Began, v.Samples
	}
	return b, nil
}

// turn waits until a look may be made.
func (s *Service) turn(ctx context.Context) (done func(), err error) {
	select {
	case s.looking <- struct{}{}:
		return func() { <-s.looking }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// stopBakes puts the bakes back that are carried out here, for a server that ends: they only wait.
func (s *Service) stopBakes() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.running {
		if w.bakes {
			w.cancel(errShutdown)
		}
	}
}

// EndEarly ends a bake before its time, for a reason: it comes to what its looks have come to so far. One that has no end of
// its own is ended without a reason, too.
func (s *Service) EndEarly(ctx context.Context, run, step, reason string, by access.Person) error {
	head, err := s.Store.Head(ctx, nil, run)
	if err != nil {
		return err
	}
	if err := s.Policy.May(ctx, access.Request{Person: by, Action: access.Cancel, Environment: head.Environment, Procedure: head.Procedure}); err != nil {
		return err
	}
	p, err := s.Procedure(ctx, head)
	if err != nil {
		return err
	}
	reason = strings.TrimSpace(reason)
	found := p.Step(step)
	switch {
	case found == nil || found.Bake == nil:
		return procedures.Errorf(procedures.CodeInvalid, "there is no bake that could be ended here")
	case reason == "" && found.Bake.For > 0:
		return procedures.Errorf(procedures.CodeInvalid, "say why %s ends before its time; it goes on", found.Title)
	case len(reason) > maxWords:
		return procedures.Errorf(procedures.CodeInvalid, "the reason has %d bytes; at most %d are taken; the bake goes on", len(reason), maxWords)
	}
	var ended *procedures.Execution
	err = s.Store.Update(ctx, func(tx procedures.Tx) error {
		if err := s.Store.LockRun(ctx, tx, run); err != nil {
			return err
		}
		executions, err := s.Store.Executions(ctx, tx, run)
		if err != nil {
			return err
		}
		e := active(executions, step)
		switch {
		case e == nil:
			return procedures.Errorf(procedures.CodeConflict, "%s has ended already", found.Title)
		case e.State == procedures.ExecutionWaiting:
			return procedures.Errorf(procedures.CodeConflict, "%s has not begun yet; cancel it if it is not to begin", found.Title)
		}
		view, err := s.View(ctx, run)
		if err != nil {
			return err
		}
		ended = e
		now, v := s.Now(), view.Step(step)
		judgement := endedEarly(found.Bake, v, procedures.Event{At: now, By: by.Name, Text: reason})
		return s.finishIn(ctx, tx, e, engine.Result{Judgement: judgement}, nil, []procedures.Event{
			by.Sign(procedures.Event{Kind: procedures.EventEndedEarly, At: now, Text: reason, Step: step, Execution: e.ID}),
			{Kind: procedures.EventStepFinished, At: now, Step: step, Execution: e.ID, Judgement: &judgement, Duration: now.Sub(v.Began)},
		})
	})
	if err != nil {
		return err
	}
	topics := []string{run, Topic(head.Environment, head.Procedure), Topic(head.Environment, "")}
	s.mu.Lock()
	if w := s.running[ended.ID]; w != nil {
		w.cancel(errTaken)
	} else {
		topics = append(topics, stopPrefix+ended.ID) // another replica waits with it
	}
	s.mu.Unlock()
	s.tell(topics...)
	return nil
}

// endedEarly judges a bake that somebody ended.
func endedEarly(b *procedures.Bake, v *journal.StepView, end procedures.Event) procedures.Judgement {
	j := v.Samples.Judge()
	who := end.By
	if who == "" {
		who = "somebody"
	}
	how := "Ended by " + who + " after " + journal.Seconds(end.At.Sub(v.Began))
	if b.For > 0 {
		how = "Ended early by " + who + ", after " + journal.Seconds(end.At.Sub(v.Began)) + " of " + journal.Seconds(b.For)
	}
	if end.Text != "" {
		how += fmt.Sprintf(": “%s”", strings.TrimSuffix(end.Text, "."))
	}
	j.Reason = how + ". " + j.Reason
	return j
}

// unticked reports as an error that a manual step is marked as done.
func (s *Service) unticked(ctx context.Context, w *wish, step *procedures.Step) error {
	open, err := s.Open(ctx, w.procedure.ID, w.Environment)
	if err != nil || open == nil {
		return err
	}
	view, err := s.View(ctx, open.ID)
	if err == nil && view.Step(step.ID).Done() {
		return procedures.Errorf(procedures.CodeConflict, "%s is marked as done: take that back before it is waited for again", step.Title)
	}
	return err
}

// unwatched reports as an error that the alarms are watched at a manual step just now.
func (s *Service) unwatched(ctx context.Context, w *wish, step *procedures.Step) error {
	open, err := s.Open(ctx, w.procedure.ID, w.Environment)
	if err != nil || open == nil {
		return err
	}
	executions, err := s.Store.Executions(ctx, nil, open.ID)
	if err == nil && active(executions, step.ID) != nil {
		return procedures.Errorf(procedures.CodeConflict, "the alarms are watched while %s takes its time: end it early, for a reason, or cancel it", step.Title)
	}
	return err
}

// AlarmsWatched is the name of the number of alarms that are in ALARM among the numbers of a sample.
const AlarmsWatched = engine.AlarmsWatched
