package runs

import (
	"context"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/runs/ledger"
	"github.com/opsbook/opsbook/internal/runs/recovery"
	"github.com/opsbook/opsbook/internal/runs/retention"
	"github.com/opsbook/opsbook/internal/runs/schedules"
	"github.com/opsbook/opsbook/internal/runs/sealed"
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
}

// Options are what a Service needs. Now, Logger, Sleep, OnNotification and Observer may be nil.
type Options struct {
	Stores Stores
	// Library returns the newest library.
	Library func() *runbook.Library
	// OpenText reads the library of a run's own text, where the runbook was edited since.
	OpenText func(file, markdown string) *runbook.Library
	// Runbooks are the files that scripts may read.
	Runbooks fs.FS
	// Engine returns what executes steps in an environment.
	Engine func(environment string) (*engine.Engine, error)
	// Queue puts a job for an execution into the queue, in the transaction. The queue calls Service.Work.
	Queue func(ctx context.Context, tx procedures.Tx, execution string) error
	// Queued returns the executions for which the queue has a job, one that a process is working on included.
	Queued func(ctx context.Context) (map[string]bool, error)
	Policy access.Policy
	// Environment is the usual one: schedules of procedures that name none run there.
	Environment string
	// Retention is how long finished runs are kept; the zero one keeps all.
	Retention retention.Limits
	// Secret encrypts what a run keeps between its steps.
	Secret [32]byte
	Now    func() time.Time
	Logger *slog.Logger
	// Sleep returns at a time, or with an error when ctx ends before. Bakes wait with it.
	Sleep func(ctx context.Context, until time.Time) error
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
	worker    *work.Worker
	recovery  *recovery.Recovery
	retention *retention.Retention
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
		Store: o.Stores.Ledger, Library: o.Library, OpenText: o.OpenText, Queue: o.Queue, Observer: o.Observer,
		Now: o.Now, Logger: o.Logger,
	})
	executions := sealed.Executions{Store: o.Stores.Executions, Key: o.Secret}
	snapshots := sealed.Snapshots{Store: o.Stores.Snapshots, Key: o.Secret}
	presser := &Presser{
		ledger: l, executions: executions, snapshots: snapshots, store: o.Stores.Press, policy: o.Policy,
		engine: o.Engine, runbooks: o.Runbooks,
	}
	w := work.New(work.Options{
		Ledger: l, Executions: executions, Snapshots: snapshots, Store: o.Stores.Work, Policy: o.Policy, Engine: o.Engine,
		Runbooks: o.Runbooks, Sleep: o.Sleep,
	})
	return &Service{
		Reader:    &Reader{ledger: l, snapshots: snapshots, store: o.Stores.Read},
		Presser:   presser,
		Approvals: &Approvals{presser: presser, store: o.Stores.Approvals},
		Marks:     &Marks{presser: presser},
		Finisher:  &Finisher{ledger: l, store: o.Stores.Finish, policy: o.Policy},
		Schedules: schedules.New(schedules.Options{
			Ledger: l, Store: o.Stores.Schedules, Environment: o.Environment,
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

// Retain deletes old runs once: see [retention.Retention.Retain].
func (s *Service) Retain(ctx context.Context) (deleted int, err error) {
	return s.retention.Retain(ctx)
}

// finishIdleEvery is how often idle runs are finished.
const finishIdleEvery = 10 * time.Minute

// Watch does what the server does by itself, until ctx ends: it finishes idle runs, begins scheduled ones, deletes old ones, and
// takes over what departed replicas left.
func (s *Service) Watch(ctx context.Context) {
	var others sync.WaitGroup
	defer others.Wait()
	others.Go(func() { s.recovery.Watch(ctx) })
	others.Go(func() { s.Schedules.Watch(ctx) })
	others.Go(func() { s.retention.Watch(ctx) })
	tick := time.NewTicker(finishIdleEvery)
	defer tick.Stop()
	for {
		if err := s.FinishIdle(ctx); err != nil && ctx.Err() == nil {
			s.logger.WarnContext(ctx, "finish idle runs", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
