package runs

import (
	"context"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
)

// Store keeps runs. Where a method takes a transaction, nil reads outside of any.
type Store interface {
	Update(ctx context.Context, fn func(procedures.Tx) error) error
	Conflicts(err error) bool
	// Lock keeps others who ask for one of the names out until the transaction ends.
	Lock(ctx context.Context, tx procedures.Tx, names ...string) error
	// LockRun keeps others from changing the run, its journal and its executions until the transaction ends.
	LockRun(ctx context.Context, tx procedures.Tx, id string) error

	InsertRun(ctx context.Context, tx procedures.Tx, r *procedures.Run, file string) error
	Run(ctx context.Context, id string) (r *procedures.Run, file string, err error)
	Head(ctx context.Context, tx procedures.Tx, id string) (*procedures.Run, error)
	OpenRun(ctx context.Context, tx procedures.Tx, procedure, environment string) (string, error)
	IdleRuns(ctx context.Context, before time.Time) ([]string, error)
	LatestRuns(ctx context.Context, environment string) ([]*procedures.Run, error)
	Runs(ctx context.Context, environment, procedure string, limit int) ([]*procedures.Run, error)
	FinishRun(ctx context.Context, tx procedures.Tx, id string, at time.Time) error
	ReopenRun(ctx context.Context, tx procedures.Tx, id string, at time.Time) error
	SetVerdict(ctx context.Context, tx procedures.Tx, id string, v procedures.Verdict) error
	SetParameters(ctx context.Context, tx procedures.Tx, id string, values map[string]string) error

	Append(ctx context.Context, tx procedures.Tx, run string, at time.Time, events []procedures.Event) error
	Events(ctx context.Context, run string, after int64, limit int) ([]procedures.Event, error)

	InsertExecution(ctx context.Context, tx procedures.Tx, e *procedures.Execution) error
	Execution(ctx context.Context, tx procedures.Tx, id string) (*procedures.Execution, error)
	ExecutionOfKey(ctx context.Context, tx procedures.Tx, key string) (*procedures.Execution, error)
	Executions(ctx context.Context, tx procedures.Tx, run string) ([]*procedures.Execution, error)
	ExecutionsIn(ctx context.Context, tx procedures.Tx, state procedures.ExecutionState) ([]*procedures.Execution, error)
	TakeExecution(ctx context.Context, tx procedures.Tx, id string) (bool, error)
	ReleaseExecution(ctx context.Context, tx procedures.Tx, e *procedures.Execution) (bool, error)
	Holds(ctx context.Context, tx procedures.Tx, id string) (bool, error)
	CancelExecution(ctx context.Context, tx procedures.Tx, id, by string) error
	ApplyExecution(ctx context.Context, tx procedures.Tx, id string) error
	ResealExecution(ctx context.Context, tx procedures.Tx, e *procedures.Execution) error
	ConfirmExecution(ctx context.Context, tx procedures.Tx, id string) (bool, error)
	FinishExecution(ctx context.Context, tx procedures.Tx, e *procedures.Execution, v procedures.Verdict, at time.Time) (bool, error)
	DropPlans(ctx context.Context, tx procedures.Tx, run, step string) error

	InsertApproval(ctx context.Context, tx procedures.Tx, execution string, a procedures.Approval) error
	WithdrawApproval(ctx context.Context, tx procedures.Tx, execution string, at time.Time) error
	RevokeApproval(ctx context.Context, tx procedures.Tx, execution string, a procedures.Approval) error
	Approvals(ctx context.Context, tx procedures.Tx, execution string) ([]procedures.Approval, error)
	RunsAwaitingApproval(ctx context.Context, after time.Time) ([]string, error)

	// Reserve lets an execution change resources, or returns which execution has one of them.
	Reserve(ctx context.Context, tx procedures.Tx, environment string, resources []string, execution string) (holder string, err error)
	Unreserve(ctx context.Context, tx procedures.Tx, execution string) (waited []string, err error)
	WaitFor(ctx context.Context, tx procedures.Tx, id, holder string) error

	// Replica names this process among those of the database.
	Replica() string
	// Attend makes this process known to the others and hears what they tell, until ctx ends.
	Attend(ctx context.Context, logger *slog.Logger, heard func(procedures.Notification), missed func())
	Notify(topics ...string)
	// Orphans are the executions that run in processes which are not there any more.
	Orphans(ctx context.Context) ([]*procedures.Execution, error)
	Departed(ctx context.Context, tx procedures.Tx, replica string) (bool, error)

	// Claimed, Look and Plan keep what became of the planned times of schedules.
	Claimed(ctx context.Context, procedure, environment, spec string) (until time.Time, ok bool, err error)
	Claim(ctx context.Context, tx procedures.Tx, procedure, environment, spec string, before, now time.Time) (mine bool, err error)
	RecordPlanned(ctx context.Context, tx procedures.Tx, p procedures.Scheduled) error
	LastPlanned(ctx context.Context, environment string) ([]procedures.Scheduled, error)
	LastFinished(ctx context.Context, environment string) (map[string]time.Time, error)

	KeepRun(ctx context.Context, tx procedures.Tx, id string, kept bool) error
	OldRuns(ctx context.Context, before time.Time, most, limit int) ([]string, error)
	DeleteRun(ctx context.Context, id string) (bool, error)
	DropUnused(ctx context.Context, before time.Time) error

	Snapshot(ctx context.Context, tx procedures.Tx, run string) (map[string][]byte, error)
	KeepSnapshot(ctx context.Context, tx procedures.Tx, run string, data map[string][]byte) error
}

// Options are what a Service needs. All fields but Logger and Now are required.
type Options struct {
	Store Store
	// Library returns the newest library.
	Library func() *runbook.Library
	// OpenText reads the library of a run's own text, where the runbook was edited since.
	OpenText func(file, markdown string) *runbook.Library
	// Runbooks are the files that scripts may read.
	Runbooks fs.FS
	// Engine returns what carries steps out in an environment.
	Engine func(environment string) (*engine.Engine, error)
	// Queue puts a job for an execution into the queue, in the transaction. The queue calls Service.Work.
	Queue func(ctx context.Context, tx procedures.Tx, execution string) error
	// Queued returns the executions for which the queue has a job, one that a process still has in its hands included.
	Queued func(ctx context.Context) (map[string]bool, error)
	Policy access.Policy
	// Environment is the usual one: schedules of procedures that name none run there.
	Environment string
	// Retention is how long finished runs are kept; the zero one keeps all.
	Retention Retention
	// Secret encrypts what a run keeps between its steps.
	Secret [32]byte
	Now    func() time.Time
	Logger *slog.Logger
	// Sleep returns at a time, or with an error when ctx ends before; nil for the usual one. Bakes wait with it.
	Sleep func(ctx context.Context, until time.Time) error
	// OnNotification is called with what other replicas tell; nil for nobody. It returns at once.
	OnNotification func(procedures.Notification)
	// Observer is told what is in the journal now; nil for nobody.
	Observer Observer
}

// Observer is told of events after they were written, by the process that wrote them. It returns at once.
type Observer interface {
	// Recorded tells of events and how long the oldest of them took to get into the journal.
	Recorded(events []procedures.Event, lag time.Duration)
}

// Service does runs. Its methods are safe for concurrent use.
type Service struct {
	Options
	changes changes

	mu      sync.Mutex
	running map[string]*work            // by execution
	texts   map[string]*runbook.Library // of runs whose runbook was edited since, by digest
	ending  bool                        // nothing more is begun

	looking  chan struct{} // has an element for each look that is made
	ended    chan struct{} // has a message after an execution ended
	over     chan struct{} // closed when nothing is waited for any more
	overOnce sync.Once
}

// work is an execution that is being carried out here.
type work struct {
	cancel  context.CancelCauseFunc
	changes bool
	bakes   bool // it mostly waits, and takes no worker
}

// recorded tells the observer of events that were written.
func (s *Service) recorded(events ...procedures.Event) {
	if s.Observer != nil && len(events) > 0 {
		s.Observer.Recorded(events, s.Now().Sub(events[0].At))
	}
}

// New makes a service. Recover and Tidy are to be called by whoever starts it.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Service{Options: o, running: map[string]*work{}, texts: map[string]*runbook.Library{}, looking: make(chan struct{}, maxLooking), ended: make(chan struct{}, 1), over: make(chan struct{})}
	s.Store = sealing{o.Store, s}
	return s
}

// Idle is how long an open run may be quiet before it is finished by itself.
const Idle = 12 * time.Hour

// Tidy finishes runs that nobody used for long.
func (s *Service) Tidy(ctx context.Context) error {
	ids, err := s.Store.IdleRuns(ctx, s.Now().Add(-Idle))
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.finish(ctx, id, access.Person{}, "nobody used it for twelve hours"); err != nil {
			return err
		}
	}
	return nil
}

// Run returns the head of a run.
func (s *Service) Run(ctx context.Context, id string) (*procedures.Run, error) {
	return s.Store.Head(ctx, nil, id)
}

// Open returns the open run of a procedure in an environment, or nil.
func (s *Service) Open(ctx context.Context, procedure, environment string) (*procedures.Run, error) {
	id, err := s.Store.OpenRun(ctx, nil, procedure, environment)
	if err != nil || id == "" {
		return nil, err
	}
	return s.Run(ctx, id)
}

// Latest returns the newest run of each procedure, by its id.
func (s *Service) Latest(ctx context.Context, environment string) (map[string]*procedures.Run, error) {
	all, err := s.Store.LatestRuns(ctx, environment)
	if err != nil {
		return nil, err
	}
	out := make(map[string]*procedures.Run, len(all))
	for _, r := range all {
		out[r.Procedure] = r
	}
	return out, nil
}

// History returns the newest runs of a procedure ("" for all), newest first.
func (s *Service) History(ctx context.Context, procedure, environment string, limit int) ([]*procedures.Run, error) {
	return s.Store.Runs(ctx, environment, procedure, limit)
}

// Since returns the events of a run after a number, at most limit of them.
func (s *Service) Since(ctx context.Context, run string, after int64, limit int) ([]procedures.Event, error) {
	return s.Store.Events(ctx, run, after, limit)
}

// View reads the whole journal of a run.
func (s *Service) View(ctx context.Context, run string) (*journal.View, error) {
	v := journal.NewView()
	for {
		events, err := s.Store.Events(ctx, run, v.Last, 1000)
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			v.Apply(e)
		}
		if len(events) < 1000 {
			return v, nil
		}
	}
}

// Procedure returns the procedure that a run carries out, as its text was when the run began.
func (s *Service) Procedure(ctx context.Context, r *procedures.Run) (*procedures.Procedure, error) {
	lib, err := s.library(ctx, r)
	if err != nil {
		return nil, err
	}
	p, _, err := lib.Find(r.Procedure)
	if err != nil {
		return nil, procedures.Errorf(procedures.CodeNotFound, "the runbook of this run is no longer readable: %w", err)
	}
	return p, nil
}

// library is the newest one where the run's procedure is unchanged in it, else that of the run's own text.
func (s *Service) library(ctx context.Context, r *procedures.Run) (*runbook.Library, error) {
	newest := s.Library()
	if p, _, err := newest.Find(r.Procedure); err == nil && p.ID == r.Procedure && p.Digest == r.Digest {
		return newest, nil
	}
	s.mu.Lock()
	lib := s.texts[r.Digest]
	s.mu.Unlock()
	if lib != nil {
		return lib, nil
	}
	full, file, err := s.Store.Run(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	lib = s.OpenText(file, full.Markdown)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.texts) > 100 {
		clear(s.texts)
	}
	s.texts[r.Digest] = lib
	return lib, nil
}
