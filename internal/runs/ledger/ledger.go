// Package ledger is what all parts of runs share: a transaction locks one run, appends events to its journal, and readers are
// notified when it is over. It also knows the runbook text that a run began with.
package ledger

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/mask"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
)

// Store keeps runs and their journals. Where a method takes a transaction, nil reads outside of any.
type Store interface {
	Update(ctx context.Context, fn func(procedures.Tx) error) error
	// LockRun keeps others from changing the run, its journal and its executions until the transaction ends.
	LockRun(ctx context.Context, tx procedures.Tx, id string) error
	Head(ctx context.Context, tx procedures.Tx, id string) (*procedures.Run, error)
	// Run returns a run with the text that it began with, and the file that the text stood in.
	Run(ctx context.Context, id string) (r *procedures.Run, file string, err error)
	FinishRun(ctx context.Context, tx procedures.Tx, id string, at time.Time) error
	SetVerdict(ctx context.Context, tx procedures.Tx, id string, v procedures.Verdict) error

	Append(ctx context.Context, tx procedures.Tx, run string, at time.Time, events []procedures.Event) error
	Events(ctx context.Context, run string, after int64, limit int) ([]procedures.Event, error)
	// First is the event that a run began with, as the transaction sees it.
	First(ctx context.Context, tx procedures.Tx, run string) (procedures.Event, error)

	Executions(ctx context.Context, tx procedures.Tx, run string) ([]*procedures.Execution, error)
	// FinishExecution ends an execution, and reports whether it was still in the state and process that e says.
	FinishExecution(ctx context.Context, tx procedures.Tx, e *procedures.Execution, v procedures.Verdict, at time.Time) (bool, error)

	// Notify tells other processes of the database that something of these topics has changed. It returns at once.
	Notify(topics ...string)
}

// Observer is told how the journal is written, by the process that writes it. It returns at once.
type Observer interface {
	// Recorded tells of events of a run, and how long the oldest of them took to get into the journal. Of run that counts
	// which never changes, and where one of the events is run-finished the verdict too. It is shared: do not change it.
	Recorded(run *procedures.Run, events []procedures.Event, lag time.Duration)
	// NotRecorded tells that the database, or the disk that holds events meanwhile, did not take some; each time that it was tried.
	NotRecorded()
	// Backlog tells of how many events more, or fewer, are held because the database takes none.
	Backlog(more int)
	// AttendanceLost tells that other replicas may take this one for gone.
	AttendanceLost()
}

// Options are what a Ledger needs. Observer may be nil.
type Options struct {
	Store Store
	// Library returns the newest library.
	Library func() *runbook.Library
	// OpenText reads the library of a run's own text, where the runbook was edited since: see [runbook.OpenRun].
	OpenText func(file, markdown, procedure string) *runbook.Library
	// Queue puts a job for an execution into the queue, in the transaction.
	Queue func(ctx context.Context, tx procedures.Tx, execution string) error
	// Alert keeps what people have to know who look at no page, in the transaction; nil for nobody.
	Alert    func(ctx context.Context, tx procedures.Tx, a procedures.Alert) error
	Observer Observer
	Now      func() time.Time
	Logger   *slog.Logger
}

// Ledger writes and reads runs. Its methods are safe for concurrent use.
type Ledger struct {
	Options
	readers readers

	mu    sync.Mutex
	texts map[string]*runbook.Library // of runs whose runbook was edited since, by digest
	heads map[string]*procedures.Run  // as they were some time: for what never changes
	open  map[procedures.Tx]*[]written
}

// New makes a ledger.
func New(o Options) *Ledger {
	return &Ledger{
		Options: o, texts: map[string]*runbook.Library{}, heads: map[string]*procedures.Run{}, open: map[procedures.Tx]*[]written{},
	}
}

// Lock returns the head of a run that nobody else changes until the transaction ends.
func (l *Ledger) Lock(ctx context.Context, tx procedures.Tx, run string) (*procedures.Run, error) {
	if err := l.Store.LockRun(ctx, tx, run); err != nil {
		return nil, err
	}
	head, err := l.Store.Head(ctx, tx, run)
	if err == nil {
		l.remember(head)
	}
	return head, err
}

// Append adds events to the journal of a run that the transaction has locked, or has made. It numbers them. What looks like a
// secret is kept from the journal whoever wrote it, and what the mask of ctx knows; see [mask.Emitter] and [mask.NewContext].
func (l *Ledger) Append(ctx context.Context, tx procedures.Tx, run string, events ...procedures.Event) error {
	m := mask.Written(ctx)
	for i := range events {
		events[i] = m.Event(events[i]).Open()
	}
	if err := l.Store.Append(ctx, tx, run, l.Now(), events); err != nil {
		return err
	}
	l.wrote(tx, run, events)
	return nil
}

// NotRecorded tells the observer that events could not be written.
func (l *Ledger) NotRecorded() {
	if l.Observer != nil {
		l.Observer.NotRecorded()
	}
}

// Backlog tells the observer how many events more are held.
func (l *Ledger) Backlog(more int) {
	if l.Observer != nil {
		l.Observer.Backlog(more)
	}
}

// AttendanceLost tells the observer that others may take this replica for gone.
func (l *Ledger) AttendanceLost() {
	if l.Observer != nil {
		l.Observer.AttendanceLost()
	}
}

// Head returns a run without its text.
func (l *Ledger) Head(ctx context.Context, id string) (*procedures.Run, error) {
	return l.Store.Head(ctx, nil, id)
}

// eventsAtOnce is how many events are read together.
const eventsAtOnce = 1000

// Each calls do with the events of a run up to a number, 0 for all of them.
func (l *Ledger) Each(ctx context.Context, run string, to int64, do func(procedures.Event) error) error {
	for after := int64(0); ; {
		events, err := l.Store.Events(ctx, run, after, eventsAtOnce)
		if err != nil {
			return err
		}
		for _, e := range events {
			if to > 0 && e.Number > to {
				return nil
			}
			if err := do(e); err != nil {
				return err
			}
			after = e.Number
		}
		if len(events) < eventsAtOnce {
			return nil
		}
	}
}

// View reads the whole journal of a run.
func (l *Ledger) View(ctx context.Context, run string) (*journal.View, error) {
	v := journal.NewView()
	err := l.Each(ctx, run, 0, func(e procedures.Event) error { v.Apply(e); return nil })
	if err != nil {
		return nil, err
	}
	return v, nil
}

// Procedure returns the procedure of a run, as its text was when the run began.
func (l *Ledger) Procedure(ctx context.Context, r *procedures.Run) (*procedures.Procedure, error) {
	lib, err := l.LibraryOf(ctx, r)
	if err != nil {
		return nil, err
	}
	p, _, err := lib.Find(r.Procedure)
	if err != nil {
		return nil, procedures.Errorf(procedures.CodeNotFound, "the runbook of this run is no longer readable: %w", err)
	}
	return p, nil
}

// LibraryOf returns the newest library where the run's procedure is unchanged in it, else that of the run's own text.
func (l *Ledger) LibraryOf(ctx context.Context, r *procedures.Run) (*runbook.Library, error) {
	newest := l.Library()
	if p, _, err := newest.Find(r.Procedure); err == nil && p.ID == r.Procedure && p.Digest == r.Digest {
		return newest, nil
	}
	l.mu.Lock()
	lib := l.texts[r.Digest]
	l.mu.Unlock()
	if lib != nil {
		return lib, nil
	}
	full, file, err := l.Store.Run(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	lib = l.OpenText(file, full.Markdown, r.Procedure)
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.texts) > 100 {
		clear(l.texts)
	}
	l.texts[r.Digest] = lib
	return lib, nil
}

// StepTitle is a step's title, as far as the newest runbooks have it, else its id.
func (l *Ledger) StepTitle(run *procedures.Run, step string) string {
	if p, _, err := l.Library().Find(run.Procedure); err == nil {
		if found := p.Step(step); found != nil {
			return found.Title
		}
	}
	return step
}
