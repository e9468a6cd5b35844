package runs

import (
	"context"
	"strings"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/procedures"
)

// stopPrefix begins the topic by which a replica hears that an execution of it is to be stopped.
const stopPrefix = "stop\x00"

func stopTopic(topic string) (execution string, ok bool) { return strings.CutPrefix(topic, stopPrefix) }

// Cancel stops a step of a run, or all of them where step is empty. What waits is not begun.
func (s *Service) Cancel(ctx context.Context, run, step string, by access.Person) error {
	head, err := s.Store.Head(ctx, nil, run)
	if err != nil {
		return err
	}
	if err := s.Policy.May(ctx, access.Request{Person: by, Action: access.Cancel, Environment: head.Environment, Procedure: head.Procedure}); err != nil {
		return err
	}
	var stop []string
	err = s.Store.Update(ctx, func(tx procedures.Tx) error {
		stop = nil
		now := s.Now()
		if err := s.Store.LockRun(ctx, tx, run); err != nil {
			return err
		}
		executions, err := s.Store.Executions(ctx, tx, run)
		if err != nil {
			return err
		}
		events := []procedures.Event{}
		for _, e := range executions {
			if step != "" && e.Step != step {
				continue
			}
			switch {
			case e.State == procedures.ExecutionRunning, e.State == procedures.ExecutionWaiting && e.Applied: // its changes are made: the wait for them ends
				events = append(events, by.Sign(procedures.Event{Kind: procedures.EventStepCancel, At: now, Step: e.Step, Execution: e.ID}))
				stop = append(stop, e.ID)
				if err := s.Store.CancelExecution(ctx, tx, e.ID, by.Name); err != nil {
					return err
				}
			case e.State == procedures.ExecutionWaiting:
				if _, err := s.Store.FinishExecution(ctx, tx, e, procedures.Skipped, now); err != nil {
					return err
				}
				judgement := procedures.Judgement{Verdict: procedures.Skipped, Reason: "Not begun: " + engine.Cancelled{By: by.Name}.Error() + "."}
				events = append(events, by.Sign(procedures.Event{Kind: procedures.EventStepCancel, At: now, Step: e.Step, Execution: e.ID}),
					procedures.Event{Kind: procedures.EventStepFinished, At: now, Step: e.Step, Execution: e.ID, Judgement: &judgement})
			}
		}
		if len(events) == 0 {
			return nil
		}
		if err := s.Store.Append(ctx, tx, run, now, events); err != nil {
			return err
		}
		return s.settle(ctx, tx, run)
	})
	if err != nil {
		return err
	}
	topics := []string{run, Topic(head.Environment, head.Procedure), Topic(head.Environment, "")}
	s.mu.Lock()
	for _, id := range stop {
		if w := s.running[id]; w != nil {
			w.cancel(engine.Cancelled{By: by.Name})
		} else {
			topics = append(topics, stopPrefix+id) // another replica carries it out
		}
	}
	s.mu.Unlock()
	s.tell(topics...)
	return nil
}
