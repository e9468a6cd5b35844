package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
)

// queue hands executions to workers, durably: River's jobs beside our tables. Its functions hide which database it
// is: River’s client is generic over the transaction.
type queue struct {
	start func(context.Context) error
	stop  func(context.Context) error
	// insert puts a job for an execution into the queue, in the transaction.
	insert func(ctx context.Context, tx procedures.Tx, execution string) error
	// post puts a job for a message of the outbox into the queue, in the transaction, which is due at a time.
	post func(ctx context.Context, tx procedures.Tx, message string, at time.Time) error
	// queued are the executions for which there is a job, those that a living process has in its hands included.
	queued func(ctx context.Context) (map[string]bool, error)
	// line are the executions that wait for a worker, the next one first.
	line func(ctx context.Context) ([]string, error)
}

// stepJob is the job of one execution. It may be delivered more than once; the execution's own state decides.
type stepJob struct {
	Execution string `json:"execution"`
	// Who began it, and where, by which store.Round lets jobs be fetched in rounds.
	Who string `json:"who,omitempty"`
}

// Kind names the job in the database.
func (stepJob) Kind() string { return "step" }

// stepWorker hands River’s jobs to the service.
type stepWorker struct {
	river.WorkerDefaults[stepJob]
	db   *store.DB
	work func(ctx context.Context, execution string) error
}

// Work implements river.Worker. A job that fails is not tried again: MaxAttempts is 1.
func (w *stepWorker) Work(ctx context.Context, job *river.Job[stepJob]) error {
	defer w.db.Handling(job.ID)()
	return w.work(ctx, job.Args.Execution)
}

// Timeout is none of River's: a step has its own. River takes -1 for no limit.
func (*stepWorker) Timeout(*river.Job[stepJob]) time.Duration { return -1 }

// maxNotified is how many messages it delivers at the same time.
const maxNotified = 4

// duties are what the jobs of a queue do.
type duties struct {
	// step may be called for an execution that has ended, or that another replica has.
	step func(ctx context.Context, execution string) error
	// deliver makes one attempt to deliver a message, and says when the next one is due; 0 for none. It is nil where nobody
	// is notified.
	deliver func(ctx context.Context, message string) (again time.Duration, err error)
}

// notificationJob is the job of one message of the outbox.
type notificationJob struct {
	ID string `json:"id"`
}

// Kind names the job in the database.
func (notificationJob) Kind() string { return "notification" }

// notificationQueue is apart from that of steps: receivers that are slow take no worker from them.
const notificationQueue = "notifications"

// InsertOpts implements river.JobArgsWithInsertOpts.
func (notificationJob) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: notificationQueue}
}

// notificationWorker hands River's jobs to the outbox.
type notificationWorker struct {
	river.WorkerDefaults[notificationJob]
	db      *store.DB
	deliver func(ctx context.Context, message string) (time.Duration, error)
}

// Work implements river.Worker. River brings a job back after the outbox's own wait; one that fails is queued again by the outbox.
func (w *notificationWorker) Work(ctx context.Context, job *river.Job[notificationJob]) error {
	defer w.db.Handling(job.ID)()
	again, err := w.deliver(ctx, job.Args.ID)
	if err == nil && again > 0 {
		return river.JobSnooze(again)
	}
	return err
}

// newQueue brings River's tables up to date and makes the client. Nothing is fetched before start.
func newQueue(ctx context.Context, db *store.DB, logger *slog.Logger, work duties) (*queue, error) {
	if pool := db.Postgres(); pool != nil {
		// The fetchers are woken by PostgreSQL; they ask by themselves where that failed.
		return newQueueOf(ctx, db, riverpgxv5.New(pool), time.Second, logger, work, func(tx procedures.Tx) (pgx.Tx, bool) {
			ours, ok := tx.(*store.PostgresTx)
			if !ok {
				return nil, false
			}
			return ours.Pgx, true
		})
	}
	// SQLite has no NOTIFY.
	return newSQLiteQueue(ctx, db, time.Second, logger, work)
}

// newSQLiteQueue makes the queue of a SQLite database, which is woken by what it inserts; poll is for what was due
// later. inserted is called when insert returns, whatever it returns: a wake for nothing costs one query.
func newSQLiteQueue(ctx context.Context, db *store.DB, poll time.Duration, logger *slog.Logger,
	work duties) (*queue, error) {
	driver := newWakingDriver(riversqlite.New(db.SQL()))
	q, err := newQueueOf(ctx, db, driver, poll, logger, work, func(tx procedures.Tx) (*sql.Tx, bool) {
		ours, ok := tx.(store.SQLiteTx)
		return ours.Tx, ok
	})
	if err != nil {
		return nil, err
	}
	insert := q.insert
	q.insert = func(ctx context.Context, tx procedures.Tx, execution string) error {
		defer driver.inserted()
		return insert(ctx, tx, execution)
	}
	return q, nil
}

// newQueueOf makes the queue of one kind of database, whose transactions are a T. in finds the T of ours. The tables
// are brought up to date by one replica at a time. A job is in the queue if, and only if, the transaction that
// inserts it is committed with the execution.
func newQueueOf[T any](ctx context.Context, db *store.DB, driver riverdriver.Driver[T], poll time.Duration,
	logger *slog.Logger, work duties, in func(procedures.Tx) (T, bool)) (*queue, error) {
	logger = quiet(logger)
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: logger})
	if err != nil {
		return nil, fmt.Errorf("prepare the job queue's tables: %w", err)
	}
	err = db.Alone(ctx, func() error {
		_, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("bring the job queue's tables up to date: %w", err)
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &stepWorker{db: db, work: work.step})
	queues := map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: limits.StepsWorking.Size()}}
	if work.deliver != nil {
		river.AddWorker(workers, &notificationWorker{db: db, deliver: work.deliver})
		queues[notificationQueue] = river.QueueConfig{MaxWorkers: maxNotified, FetchPollInterval: time.Second}
	}
	client, err := river.NewClient(driver, &river.Config{
		// River’s rows name the replica, by which store.Queued knows whether the one that fetched a job still lives.
		ID: db.Replica(), Logger: logger, Workers: workers,
		Queues: queues,
		// A press is begun within a few milliseconds. River tries no job again: the state of its execution decides
		// whether it is queued once more.
		FetchCooldown: 5 * time.Millisecond, FetchPollInterval: poll, MaxAttempts: 1,
	})
	if err != nil {
		return nil, fmt.Errorf("make the job queue: %w", err)
	}
	put := func(ctx context.Context, tx procedures.Tx, args river.JobArgs, options *river.InsertOpts) (job int64, err error) {
		on, ok := in(tx)
		if !ok {
			return 0, errors.New("the transaction is not one of the job queue's database")
		}
		inserted, err := client.InsertTx(ctx, on, args, options)
		if err != nil {
			return 0, db.Explain("queue it", err)
		}
		return inserted.Job.ID, nil
	}
	return &queue{
		start: client.Start, stop: client.Stop, queued: db.Queued, line: db.Line,
		insert: func(ctx context.Context, tx procedures.Tx, execution string) error {
			who, err := db.Beginner(ctx, tx, execution)
			if err != nil {
				return err
			}
			job, err := put(ctx, tx, stepJob{execution, who}, nil)
			if err != nil {
				return err
			}
			return db.Round(ctx, tx, job, who)
		},
		post: func(ctx context.Context, tx procedures.Tx, message string, at time.Time) error {
			options := &river.InsertOpts{}
			if time.Until(at) > 0 { // else it waits for nobody: River looks at what is scheduled every few seconds
				options.ScheduledAt = at
			}
			_, err := put(ctx, tx, notificationJob{message}, options)
			return err
		},
	}, nil
}

// quiet lets only warnings of the queue through: it says a lot.
func quiet(logger *slog.Logger) *slog.Logger {
	return slog.New(atLeast{logger.Handler(), slog.LevelWarn})
}

// atLeast is a handler that drops what is below a level.
type atLeast struct {
	slog.Handler
	level slog.Level
}

// Enabled implements slog.Handler.
func (h atLeast) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= h.level && h.Handler.Enabled(ctx, l)
}

// WithAttrs implements slog.Handler.
func (h atLeast) WithAttrs(attrs []slog.Attr) slog.Handler {
	return atLeast{h.Handler.WithAttrs(attrs), h.level}
}

// WithGroup implements slog.Handler.
func (h atLeast) WithGroup(name string) slog.Handler {
	return atLeast{h.Handler.WithGroup(name), h.level}
}
