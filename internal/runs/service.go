package runs

import (
	"context"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/runs/alerts"
	"github.com/opsbook/opsbook/internal/runs/index"
	"github.com/opsbook/opsbook/internal/runs/ledger"
	"github.com/opsbook/opsbook/internal/runs/recovery"
	"github.com/opsbook/opsbook/internal/runs/retention"
	"github.com/opsbook/opsbook/internal/runs/schedules"
	"github.com/opsbook/opsbook/internal/runs/sealed"
	"github.com/opsbook/opsbook/internal/runs/spool"
	"github.com/opsbook/opsbook/internal/runs/work"
)

// Stores are what the parts need of the database. One database is all of them.
type Stores struct {
	Ledger     ledger.Store
	Executions sealed.ExecutionStore
	Snapshots  sealed.SnapshotStore
	Read       ReadStore
	Press      PressStore
	Approvals  ApprovalStore
	Finish     FinishStore
	Work       work.Store
	Schedules  schedules.Store
	Recovery   recovery.Store
	Retention  retention.Store
	Search     index.Store // nil where nothing is searched
}

// Options are what a Service needs. Now, Logger, Sleep, Turns, OnNotification and Observer may be nil.
type Options struct {
	Stores Stores
	// Library returns the newest library.
	Library func() *runbook.Library
	// OpenText reads the library of a run's own text, where the runbook was edited since: see [runbook.OpenRun].
	OpenText func(file, markdown, procedure string) *runbook.Library
	// Runbooks are the files that scripts may read.
	Runbooks fs.FS
	// Engine returns what executes steps in an environment.
	Engine func(environment string) (*engine.Engine, error)
	// Queue puts a job for an execution into the queue, in the transaction. The queue calls Service.Work.
	Queue func(ctx context.Context, tx procedures.Tx, execution string) error
	// Alert keeps what people have to know who look at no page, in the transaction; nil for nobody. It is told in the words of
	// Service.Describe.
	Alert func(ctx context.Context, tx procedures.Tx, a procedures.Alert) error
	// Queued returns the executions for which the queue has a job, one that a process is working on included.
	Queued func(ctx context.Context) (map[string]bool, error)
	// Line returns the executions that wait for a worker, the next one first; nil where that is not known.
	Line   func(ctx context.Context) ([]string, error)
	Policy access.Policy
	// Environment is the usual one: schedules of procedures that name none run there.
	Environment string
	// Retention is how long finished runs are kept; the zero one keeps all.
	Retention retention.Limits
	// Secret encrypts what a run keeps between its steps.
	Secret [32]byte
	// OtherSecret opens what it has encrypted, while the two are exchanged; nil for none.
	OtherSecret *[32]byte

	Now    func() time.Time
	Logger *slog.Logger
	// Sleep returns at a time, or with an error when ctx ends before. Bakes wait with it.
	Sleep func(ctx context.Context, until time.Time) error
	// Unwritten is the folder for events that the database does not take at the moment; empty keeps them in memory alone.
	Unwritten string
	// Patience is how long a changing call waits for the journal: see [work.Options].
	Patience time.Duration
	// Turns are how many steps work at the same time; nil for the usual number.
	Turns *limits.Turns
	// OnNotification is called with what other replicas notify. It returns at once.
	OnNotification func(procedures.Notification)
	// Observer is told what is in the journal.
	Observer ledger.Observer
}

// Service does runs. It is what pages and the command line use: the methods of its parts. It is safe for concurrent use.
type Service struct {
	*Reader
	*Presser
	*Approvals
	*Marks
	*Finisher
	*schedules.Schedules
	alerts    alerts.Describer
	worker    *work.Worker
	recovery  *recovery.Recovery
	retention *retention.Retention
	index     *index.Index // nil where nothing is searched
	logger    *slog.Logger
}

// New makes a service. Its owner calls Recover before the queue starts, and Watch while the server runs.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	l := ledger.New(ledger.Options{
		Store: o.Stores.Ledger, Library: o.Library, OpenText: o.OpenText, Queue: o.Queue, Alert: o.Alert, Observer: o.Observer,
		Now: o.Now, Logger: o.Logger,
	})
	keys := sealed.Keys{Key: o.Secret, Other: (*sealed.Key)(o.OtherSecret)}
	executions := sealed.Executions{Store: o.Stores.Executions, Key: keys}
	snapshots := sealed.Snapshots{Store: o.Stores.Snapshots, Key: keys}
	presser := &Presser{
		ledger: l, executions: executions, snapshots: snapshots, store: o.Stores.Press, policy: o.Policy,
		engine: o.Engine, runbooks: o.Runbooks,
	}
	w := work.New(work.Options{
		Ledger: l, Executions: executions, Snapshots: snapshots, Store: o.Stores.Work, Policy: o.Policy, Engine: o.Engine,
		Runbooks: o.Runbooks, Sleep: o.Sleep, Patience: o.Patience, Turns: o.Turns,
		Unwritten: &spool.Folder{Path: o.Unwritten, Key: keys},
	})
	reader := &Reader{
		latest: &latest{store: o.Stores.Read, changes: l.Follow(), now: o.Now, byEnvironment: map[string]*newestRuns{}},
		ledger: l, snapshots: snapshots, store: o.Stores.Read, execution: o.Stores.Executions.Execution, line: o.Line,
	}
	var found *index.Index
	if o.Stores.Search != nil {
		found = index.New(o.Stores.Search, l, o.Logger)
		reader.search = o.Stores.Search.Search
	}
	return &Service{
		index:     found,
		Reader:    reader,
		Presser:   presser,
		Approvals: &Approvals{presser: presser, store: o.Stores.Approvals},
		Marks:     &Marks{presser: presser},
		Finisher:  &Finisher{ledger: l, store: o.Stores.Finish, policy: o.Policy},
		alerts:    alerts.Describer{Ledger: l},
		Schedules: schedules.New(schedules.Options{
			Ledger: l, Store: o.Stores.Schedules, Environment: o.Environment, Named: reader.Named,
			Prepare: func(ctx context.Context, procedure, environment string) (schedules.Begin, error) {
				return presser.PrepareScheduled(ctx, procedure, environment)
			},
			Known: func(environment string) bool { _, err := o.Engine(environment); return err == nil },
		}),
		worker: w,
		recovery: &recovery.Recovery{
			Ledger: l, Executions: executions, Store: o.Stores.Recovery, Worker: w, Queued: o.Queued, OnNotification: o.OnNotification,
		},
		retention: &retention.Retention{Limits: o.Retention, Store: o.Stores.Retention, Now: o.Now, Logger: o.Logger},
		logger:    o.Logger,
	}
}

// Work executes one execution that was requested: see [work.Worker.Work]. The queue calls it.
func (s *Service) Work(ctx context.Context, execution string) error {
	return s.worker.Work(ctx, execution)
}

// Cancel stops a step of a run, or all of them where step is empty: see [work.Worker.Cancel].
func (s *Service) Cancel(ctx context.Context, run, step string, by access.Person) error {
	return s.worker.Cancel(ctx, run, step, by)
}

// EndEarly ends a bake before its time, for a reason: see [work.Worker.EndEarly].
func (s *Service) EndEarly(ctx context.Context, run, step, reason string, by access.Person) error {
	return s.worker.EndEarly(ctx, run, step, reason, by)
}

// Stop ends what runs here, for a server that ends: see [work.Worker.Stop].
func (s *Service) Stop(ctx context.Context) { s.worker.Stop(ctx) }

// Recover continues what processes left that are gone: see [recovery.Recovery.Recover].
func (s *Service) Recover(ctx context.Context) error { return s.recovery.Recover(ctx) }

// Describe is what an alert says: see [alerts.Describer.Describe].
func (s *Service) Describe(ctx context.Context, a procedures.Alert) (*procedures.Message, error) {
	return s.alerts.Describe(ctx, a)
}

// Retain deletes old runs once: see [retention.Retention.Retain].
func (s *Service) Retain(ctx context.Context) (deleted int, err error) {
	return s.retention.Retain(ctx)
}

// How often idle runs are finished, and what was kept with plans that nobody can confirm any more is dropped.
const (
	finishIdleEvery = 10 * time.Minute
	expireEvery     = time.Minute
)

// Watch does what the server does by itself, until ctx ends: it finishes idle runs, drops what plans kept that have expired, begins
// scheduled runs, deletes old ones, and takes over what departed replicas left.
func (s *Service) Watch(ctx context.Context) {
	var others sync.WaitGroup
	defer others.Wait()
	others.Go(func() { s.recovery.Watch(ctx) })
	others.Go(func() { s.Schedules.Watch(ctx) })
	others.Go(func() { s.retention.Watch(ctx) })
	if s.index != nil {
		others.Go(func() { s.index.Watch(ctx) })
	}
	others.Go(func() { s.often(ctx, expireEvery, "drop what expired plans kept", s.ExpireAnswers) })
	s.often(ctx, finishIdleEvery, "finish idle runs", s.FinishIdle)
}

// often does something at once and again and again, until ctx ends.
func (s *Service) often(ctx context.Context, every time.Duration, what string, do func(context.Context) error) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			s.logger.WarnContext(ctx, what, "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
