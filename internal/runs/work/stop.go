package work

import (
	"context"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/procedures"
)

// stopPrefix begins the topic by which another replica learns that an execution of it is to be stopped.
const stopPrefix = "stop\x00"

// Cancel stops a step of a run, or all of them where step is empty. What waits is not begun.
func (w *Worker) Cancel(ctx context.Context, run, step string, by access.Person) error {
	head, err := w.Ledger.Head(ctx, run)
	if err != nil {
		return err
	}
	err = w.Policy.May(ctx, access.Request{Person: by, Action: access.Cancel, Environment: head.Environment, Procedure: head.Procedure})
	if err != nil {
		return err
	}
	// A text that cannot be read any more is no reason not to stop what runs.
	if p, err := w.Ledger.Procedure(ctx, head); step != "" && err == nil && p.Step(step) == nil {
		return procedures.Errorf(procedures.CodeNotFound, "%s has no step %q; nothing was cancelled", p.Title, step)
	}
	cause := engine.CancelledError{By: by.Name}
	var stop, skipped []string
	err = w.Ledger.Update(ctx, func(tx procedures.Tx) error {
		stop, skipped = nil, nil
		now := w.Ledger.Now()
		head, err := w.Ledger.Lock(ctx, tx, run)
		if err != nil {
			return err
		}
		executions, err := w.Ledger.Store.Executions(ctx, tx, run)
		if err != nil {
			return err
		}
		events := []procedures.Event{}
		for _, e := range executions {
			if step != "" && e.Step != step {
				continue
			}
			cancelled := by.Sign(procedures.Event{Kind: procedures.EventStepCancel, At: now, Step: e.Step, Execution: e.ID})
			switch {
			case e.State == procedures.ExecutionRunning, e.State == procedures.ExecutionWaiting &&
				e.Applied: // the wait for its changes ends
				events = append(events, cancelled)
				stop = append(stop, e.ID)
				if err := w.Store.CancelExecution(ctx, tx, e.ID, by.Name); err != nil {
					return err
				}
			case e.State == procedures.ExecutionWaiting:
				if _, err := w.Ledger.Store.FinishExecution(ctx, tx, e, procedures.Skipped, now); err != nil {
					return err
				}
				if err := w.Executions.DropAnswers(ctx, tx, e.ID); err != nil {
					return err
				}
				skipped = append(skipped, e.ID)
				judgement := procedures.Judgement{Verdict: procedures.Skipped, Reason: "Not begun: " + procedures.Said(cause) + "."}
				events = append(events, cancelled, procedures.Event{
					Kind: procedures.EventStepFinished, At: now, Step: e.Step, Execution: e.ID, Judgement: &judgement,
				})
			}
		}
		if len(events) == 0 {
			return nil
		}
		if err := w.Ledger.Append(ctx, tx, run, events...); err != nil {
			return err
		}
		if executions, err = w.Ledger.Settle(ctx, tx, run); err != nil {
			return err
		}
		return w.Ledger.EndTogether(ctx, tx, head, executions)
	})
	if err != nil {
		return err
	}
	// The row is the truth, and the topic only a hint: a replica that misses it sees the row at its next check.
	var topics []string
	for _, id := range append(stop, skipped...) {
		if !w.stop(id, cause) {
			topics = append(topics, stopPrefix+id) // another replica executes it, or lets it wait there
		}
	}
	w.Ledger.NotifyRun(head, topics...)
	return nil
}

// stop stops an execution, and reports whether it runs in this process.
// An execution that is stopped ends by itself soon; stop does not wait for it.
func (w *Worker) stop(id string, cause error) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	j := w.running[id]
	if j != nil {
		j.cancel(cause)
	}
	return j != nil
}

// Received takes in what another replica has notified: executions that somebody asked to stop are stopped.
func (w *Worker) Received(ctx context.Context, n procedures.Notification) {
	for _, topic := range n.Topics {
		if id, ok := strings.CutPrefix(topic, stopPrefix); ok {
			w.Check(ctx, id)
		}
	}
}

// CheckAll checks all executions of this process, after a time in which notifications may have been missed.
func (w *Worker) CheckAll(ctx context.Context) {
	w.mu.Lock()
	ids := make([]string, 0, len(w.running))
	for id := range w.running {
		ids = append(ids, id)
	}
	w.mu.Unlock()
	for _, id := range ids {
		w.Check(ctx, id)
	}
}

// Check stops an execution of this process that somebody asked to stop, or that others have taken over.
func (w *Worker) Check(ctx context.Context, id string) {
	w.mu.Lock()
	j := w.running[id]
	w.mu.Unlock() // the database is asked without the lock
	if j == nil {
		return
	}
	e, err := w.Executions.Get(ctx, nil, id)
	switch {
	case err != nil: // it is checked again when the database answers
		w.Ledger.Logger.WarnContext(ctx, "check whether a step is to be stopped", "execution", id, "error", err)
	case e.Cancelled:
		j.cancel(engine.CancelledError{By: e.CancelledBy})
	case e.State == procedures.ExecutionFinished, e.State == procedures.ExecutionRunning && e.Replica != w.Store.Replica():
		j.cancel(errTaken)
	}
}

// readingEnds is how long what only reads may run on in a server that ends, before it is released.
// It is also how long those that are stopped at last have to write how they ended.
const readingEnds = 2 * time.Second

// Stop ends what runs here, for a server that ends. Nothing more is begun; what only reads has a moment to end, and is released
// after it; what makes changes has until ctx ends, and is unknown after it.
func (w *Worker) Stop(ctx context.Context) {
	w.mu.Lock()
	w.ending = true
	w.mu.Unlock()
	defer w.overOnce.Do(func() { close(w.over) })
	w.stopAll(func(j *job) bool { return j.waits })
	moment, cancel := context.WithTimeout(ctx, readingEnds)
	defer cancel()
	if w.quiet(moment) {
		return
	}
	w.stopAll(func(j *job) bool { return !j.changes })
	if w.quiet(ctx) {
		return
	}
	w.stopAll(func(*job) bool { return true })
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), readingEnds)
	defer cancel()
	w.quiet(last)
}

// stopAll stops the executions of this process that which picks.
func (w *Worker) stopAll(which func(*job) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, j := range w.running {
		if which(j) {
			j.cancel(errShutdown)
		}
	}
}

// quiet waits until nothing runs here, and reports whether that came before ctx ended.
func (w *Worker) quiet(ctx context.Context) bool {
	for {
		w.mu.Lock()
		running := len(w.running)
		w.mu.Unlock()
		if running == 0 {
			return true
		}
		select {
		case <-w.ended:
		case <-ctx.Done():
			return false
		}
	}
}
