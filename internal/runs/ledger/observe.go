package ledger

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// written are events that a transaction has appended to the journal of a run.
type written struct {
	run    string
	events []procedures.Event
}

// Update calls fn in one transaction, again from its beginning where transactions of others were in its way. What fn appends
// is told to the observer, and the ends of steps and runs are logged, when it is committed: whoever wrote them.
func (l *Ledger) Update(ctx context.Context, fn func(procedures.Tx) error) error {
	var all []written
	err := l.Store.Update(ctx, func(tx procedures.Tx) error {
		all = nil
		l.mu.Lock()
		l.open[tx] = &all
		l.mu.Unlock()
		defer func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			delete(l.open, tx)
		}()
		return fn(tx)
	})
	if err != nil {
		return err
	}
	for _, w := range all {
		l.tell(ctx, w)
	}
	return nil
}

// wrote keeps events of a transaction until it is committed.
func (l *Ledger) wrote(tx procedures.Tx, run string, events []procedures.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if all := l.open[tx]; all != nil && len(events) > 0 {
		*all = append(*all, written{run, events})
	}
}

// Appended tells the observer of events that an earlier attempt of the transaction has written, whose answer was lost: the journal
// has them at their numbers. Where it has others there, or an attempt was not made, nothing is told.
func (l *Ledger) Appended(ctx context.Context, tx procedures.Tx, run string, events ...procedures.Event) error {
	if len(events) == 0 || events[0].Number == 0 {
		return nil
	}
	kept, err := l.Store.Events(ctx, run, events[0].Number-1, len(events))
	if err != nil || len(kept) != len(events) {
		return err
	}
	for i, e := range kept {
		if e.Number != events[i].Number || e.Kind != events[i].Kind || e.Execution != events[i].Execution || !e.At.Equal(events[i].At) {
			return nil
		}
	}
	l.wrote(tx, run, events)
	return nil
}

// tellTime is how long the head of a run may take to be read for the observer. Without it the run has only its id.
const tellTime = time.Second

// tell tells the observer and the log of events that are committed.
func (l *Ledger) tell(ctx context.Context, w written) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellTime)
	defer cancel()
	ends := slices.ContainsFunc(w.events, func(e procedures.Event) bool { return e.Kind == procedures.EventRunFinished })
	run := l.headOf(ctx, w.run, ends)
	if l.Observer != nil {
		l.Observer.Recorded(run, w.events, l.Now().Sub(w.events[0].At))
	}
	for _, e := range w.events {
		about := []slog.Attr{
			slog.String("run", run.ID), slog.String("procedure", run.Procedure), slog.String("environment", run.Environment),
		}
		switch {
		case e.Kind == procedures.EventStepFinished && e.Judgement != nil:
			l.Logger.LogAttrs(ctx, slog.LevelInfo, "a step ended", append(about, slog.String("step", e.Step),
				slog.String("execution", e.Execution), slog.String("verdict", string(e.Judgement.Verdict)),
				slog.Duration("took", e.Duration))...)
		case e.Kind == procedures.EventRunFinished:
			l.Logger.LogAttrs(ctx, slog.LevelInfo, "a run ended", append(about, slog.String("verdict", string(run.Verdict)),
				slog.Duration("took", e.At.Sub(run.StartedAt)), slog.String("person", e.By), slog.String("reason", e.Text))...)
		}
	}
}

// maxHeads bounds the heads that are remembered.
const maxHeads = 1000

// headOf is the head of a run: as it is now where fresh, else as it was some time.
func (l *Ledger) headOf(ctx context.Context, run string, fresh bool) *procedures.Run {
	l.mu.Lock()
	known := l.heads[run]
	l.mu.Unlock()
	if known != nil && !fresh {
		return known
	}
	head, err := l.Store.Head(ctx, nil, run)
	switch {
	case err == nil:
		l.remember(head)
		return head
	case known != nil:
		return known
	}
	return &procedures.Run{ID: run}
}

// remember keeps what never changes of a run's head.
func (l *Ledger) remember(head *procedures.Run) {
	kept := &procedures.Run{
		ID: head.ID, Procedure: head.Procedure, Title: head.Title, Environment: head.Environment, StartedAt: head.StartedAt,
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.heads) >= maxHeads {
		clear(l.heads)
	}
	l.heads[head.ID] = kept
}
