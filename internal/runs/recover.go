package runs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/procedures"
)

// putBack lets another worker carry out what only reads and did not come to its end: a reading step, or the wait for what one changed.
func (s *Service) putBack(ctx context.Context, e *procedures.Execution) error {
	err := s.Store.Update(ctx, func(tx procedures.Tx) error { return s.putBackIn(ctx, tx, e) })
	s.tell(e.Run)
	return err
}

func (s *Service) putBackIn(ctx context.Context, tx procedures.Tx, e *procedures.Execution) error {
	if err := s.Store.LockRun(ctx, tx, e.Run); err != nil {
		return err
	}
	if ok, err := s.Store.ReleaseExecution(ctx, tx, e); err != nil || !ok {
		return err
	}
	note := procedures.Event{Kind: procedures.EventNotice, At: s.Now(), Step: e.Step, Execution: e.ID, Text: "The server that carried this out was stopped. It only reads, and goes on by itself."}
	if e.Applied {
		note.Text = "The server that carried this out was stopped after all calls were made. None is made again; what they changed is waited for and read by itself."
	}
	if err := s.Store.Append(ctx, tx, e.Run, note.At, []procedures.Event{note}); err != nil {
		return err
	}
	return s.Queue(ctx, tx, e.ID)
}

// Recover takes up what processes that are not there any more left in the middle: what only reads is read again,
// what was changing something is marked as unknown, what had made its calls is waited for, and what waits without anybody knowing of it is queued. With a
// database that has one process it is called before the queue is started; Watch does the same for replicas.
func (s *Service) Recover(ctx context.Context) error {
	left, err := s.Store.Orphans(ctx)
	if err != nil {
		return err
	}
	for _, e := range left {
		if err := s.takeUp(ctx, e); err != nil {
			return err
		}
	}
	return s.requeue(ctx)
}

// takeUp ends or puts back one execution whose process is not there any more.
func (s *Service) takeUp(ctx context.Context, e *procedures.Execution) error {
	now := s.Now()
	var judgement procedures.Judgement
	switch {
	case e.Cancelled:
		judgement = interrupted(e, engine.Cancelled{By: e.CancelledBy})
	default:
		judgement = interrupted(e, errCutOff)
	}
	events := []procedures.Event{{Kind: procedures.EventStepFinished, At: now, Step: e.Step, Execution: e.ID, Judgement: &judgement}}
	err := s.Store.Update(ctx, func(tx procedures.Tx) error {
		if departed, err := s.Store.Departed(ctx, tx, e.Replica); err != nil || !departed {
			return err
		}
		if !e.Effect.Changes() && !e.Cancelled || e.Applied {
			return s.putBackIn(ctx, tx, e)
		}
		return s.finishIn(ctx, tx, e, engine.Result{Judgement: judgement}, nil, events)
	})
	if err != nil {
		return fmt.Errorf("take up the step %s of run %s: %w", e.Step, e.Run, err)
	}
	run, err := s.Store.Head(ctx, nil, e.Run)
	if err != nil {
		return err
	}
	s.tell(run.ID, Topic(run.Environment, run.Procedure), Topic(run.Environment, ""))
	return nil
}

// requeue queues executions whose turn has come and of which the queue does not know: a server was stopped between
// its taking a job and its beginning it.
func (s *Service) requeue(ctx context.Context) error {
	waiting, err := s.Store.ExecutionsIn(ctx, nil, procedures.ExecutionWaiting)
	if err != nil || len(waiting) == 0 {
		return err
	}
	queued, err := s.Queued(ctx)
	if err != nil {
		return fmt.Errorf("see what is queued: %w", err)
	}
	for _, e := range waiting {
		if queued[e.ID] {
			continue
		}
		err := s.Store.Update(ctx, func(tx procedures.Tx) error {
			if err := s.Store.LockRun(ctx, tx, e.Run); err != nil {
				return err
			}
			executions, err := s.Store.Executions(ctx, tx, e.Run)
			if err != nil {
				return err
			}
			finished := finishedOf(executions)
			for _, now := range executions {
				if now.ID == e.ID && ready(now, finished) {
					return s.Queue(ctx, tx, e.ID)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Times of watching over other replicas.
const (
	lookAround = 500 * time.Millisecond
	// sightings is how often in a row a replica has to be missed before its work is taken up: it may be about to
	// come back with another connection.
	sightings = 3
)

// watchOthers takes up what departed replicas left, until ctx ends.
func (s *Service) watchOthers(ctx context.Context) {
	missed := map[string]int{} // how often a replica was missed in a row
	tick := time.NewTicker(lookAround)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if err := s.lookAround(ctx, missed); err != nil && ctx.Err() == nil {
			clear(missed)
			if procedures.CodeOf(err) != procedures.CodeUnavailable { // that the database does not answer is said by who listens
				s.Logger.WarnContext(ctx, "take up what others left", "error", err)
			}
		}
	}
}

func (s *Service) lookAround(ctx context.Context, missed map[string]int) error {
	left, err := s.Store.Orphans(ctx)
	if err != nil {
		return err
	}
	now := map[string]int{}
	for _, e := range left {
		now[e.Replica] = missed[e.Replica] + 1
	}
	clear(missed)
	for replica, n := range now {
		missed[replica] = n
	}
	for _, e := range left {
		if missed[e.Replica] < sightings {
			continue
		}
		s.Logger.WarnContext(ctx, "a replica is gone; what it carried out is taken up", "replica", e.Replica, "run", e.Run, "step", e.Step, "execution", e.ID)
		if err := s.takeUp(ctx, e); err != nil {
			return err
		}
	}
	return s.requeue(ctx)
}

// heard is what other replicas tell.
func (s *Service) heard(ctx context.Context, news procedures.Notification) {
	if s.OnNotification != nil {
		s.OnNotification(news)
	}
	for _, topic := range news.Topics {
		if id, ok := stopTopic(topic); ok {
			s.look(ctx, id)
		}
	}
	s.changes.tell(news.Topics)
}

// missed is called after a time in which nothing was heard: everybody looks again.
func (s *Service) missed(ctx context.Context) {
	s.mu.Lock()
	ids := make([]string, 0, len(s.running))
	for id := range s.running {
		ids = append(ids, id)
	}
	s.mu.Unlock()
	for _, id := range ids {
		s.look(ctx, id)
	}
	s.changes.tellAll()
}

// look stops an execution that somebody asked to stop, or that others have taken up.
func (s *Service) look(ctx context.Context, id string) {
	s.mu.Lock()
	w := s.running[id]
	s.mu.Unlock()
	if w == nil {
		return
	}
	e, err := s.Store.Execution(ctx, nil, id)
	switch {
	case err != nil: // it is looked at again when the database answers
		s.Logger.WarnContext(ctx, "see whether a step is to be stopped", "execution", id, "error", err)
	case e.Cancelled:
		w.cancel(engine.Cancelled{By: e.CancelledBy})
	case e.State == procedures.ExecutionFinished, e.State == procedures.ExecutionRunning && e.Replica != s.Store.Replica():
		w.cancel(errTaken)
	}
}

// errCutOff is why an execution ended whose process did.
var errCutOff = errors.New("the server that carried it out was stopped")
