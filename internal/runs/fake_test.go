package runs_test

import (
	"context"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/runs"
	"github.com/opsbook/opsbook/internal/runs/sealed"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
	"github.com/opsbook/opsbook/internal/scripts/commands"
	"github.com/opsbook/opsbook/internal/store"
	"github.com/opsbook/opsbook/internal/store/database"
	"github.com/opsbook/opsbook/internal/store/storetest"
)

// portal is a service with everything behind it but the network.
type portal struct {
	environment *procedures.Environment
	*runs.Service
	t *testing.T
	// address is the PostgreSQL database, empty on SQLite.
	address string
	db      *store.DB
	options runs.Options
	aws     *enginetest.AWS
	mu      sync.Mutex
	lib     *runbook.Library
	now     time.Time
	moved   chan struct{} // closed when now moves; nil while nobody waits for that
	work    sync.WaitGroup
	// held keeps jobs back until they are released.
	held   chan struct{}
	queued map[string]bool
	lose   bool // jobs are lost
}

// onEach runs a test on every kind of database. newPortal sees by the test's name which one it is.
func onEach(t *testing.T, test func(*testing.T)) {
	t.Helper()
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); test(t) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); test(t) })
}

var monday = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

var oncall = access.Person{Name: "oncall"}

func newPortal(t *testing.T, markdown string) *portal {
	t.Helper()
	p := &portal{t: t, aws: &enginetest.AWS{}, now: monday}
	p.open(t.TempDir(), markdown)
	return p
}

func (p *portal) open(dir, markdown string) {
	t := p.t
	t.Helper()
	if strings.Contains(t.Name()+"/", "/postgres/") && p.address == "" {
		p.address = storetest.Migrated(t)
	}
	p.db = storetest.Opened(t, func(ctx context.Context) (*store.DB, error) {
		if p.address != "" {
			return store.Connect(ctx, p.address)
		}
		return store.Open(ctx, dir)
	})
	t.Cleanup(p.work.Wait)
	table := commands.Table(commands.Options{})
	table["aws"] = p.aws
	command := func(name string) (procedures.Command, bool) { c, ok := table[name]; return c, ok }
	options := runbook.Options{Analyser: &analyse.Analyser{Command: command}}
	p.edit(markdown, options)
	eng := &engine.Engine{
		Environment: procedures.Environment{
			Name: "test", Account: "210987654321", Variables: map[string]string{"STAGE": "test"}, ApprovalsWithoutSignIn: true,
		}, Commands: command,
		Account:  func(context.Context) (string, error) { return "210987654321", nil },
		Identity: func(context.Context) (string, error) { return "arn:aws:iam::210987654321:user/ops", nil },
	}
	p.environment = &eng.Environment
	p.options = runs.Options{
		Stores: runs.Stores{
			Ledger: p.db, Executions: p.db, Snapshots: p.db, Read: p.db, Press: p.db, Approvals: p.db, Finish: p.db, Work: p.db,
			Schedules: p.db, Recovery: p.db, Retention: p.db,
		},
		Environment: "test", Runbooks: fstest.MapFS{}, Policy: access.Loopback{}, Secret: [32]byte{1}, Now: p.clock, Sleep: p.sleep,
		Library: func() *runbook.Library {
			p.mu.Lock()
			defer p.mu.Unlock()
			return p.lib
		},
		OpenText: func(file, text, procedure string) *runbook.Library {
			return runbook.OpenRun(file, text, procedure, options)
		},
		Engine: func(name string) (*engine.Engine, error) {
			if name != "test" {
				return nil, procedures.Errorf(procedures.CodeNotFound, "there is no environment %s", name)
			}
			return eng, nil
		},
		Queue: p.queue,
		Queued: func(context.Context) (map[string]bool, error) {
			p.mu.Lock()
			defer p.mu.Unlock()
			return maps.Clone(p.queued), nil
		},
	}
	p.Service = runs.New(p.options)
}

// Library is the newest library.
func (p *portal) Library() *runbook.Library { return p.options.Library() }

// execution reads an execution, decrypted.
func (p *portal) execution(id string) (*procedures.Execution, error) {
	keys := sealed.Keys{Key: p.options.Secret, Other: (*sealed.Key)(p.options.OtherSecret)}
	return sealed.Executions{Store: p.db, Key: keys}.Get(p.t.Context(), nil, id)
}

// again is the portal after its process ended and another one began over the same database.
func (p *portal) again() {
	p.work.Wait()
	p.Service = runs.New(p.options)
}

// watch does what a server does in the background, until the test ends.
func (p *portal) watch() {
	p.db.Grace = 0
	ctx, cancel := context.WithCancel(p.t.Context())
	var watching sync.WaitGroup
	watching.Go(func() { p.Watch(ctx) })
	p.t.Cleanup(func() { cancel(); watching.Wait() })
}

// edit puts another text in the place of the runbook.
func (p *portal) edit(markdown string, options runbook.Options) {
	if options.Analyser == nil {
		table := commands.Table(commands.Options{})
		table["aws"] = p.aws
		options.Analyser = &analyse.Analyser{Command: func(name string) (procedures.Command, bool) { c, ok := table[name]; return c, ok }}
	}
	lib, err := runbook.Open(fstest.MapFS{"book.md": {Data: []byte(markdown)}}, options)
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lib = lib
}

func (p *portal) clock() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

func (p *portal) later(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = p.now.Add(d)
	if p.moved != nil {
		close(p.moved)
		p.moved = nil
	}
}

// sleep waits until the portal's clock shows a time.
func (p *portal) sleep(ctx context.Context, until time.Time) error {
	for {
		p.mu.Lock()
		if !p.now.Before(until) {
			p.mu.Unlock()
			return nil
		}
		if p.moved == nil {
			p.moved = make(chan struct{})
		}
		moved := p.moved
		p.mu.Unlock()
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// queue delivers a job after the transaction that put it in: another one waits for its end.
func (p *portal) queue(ctx context.Context, tx procedures.Tx, execution string) error {
	held := p.held
	if p.lose {
		return nil
	}
	p.mu.Lock()
	if p.queued == nil {
		p.queued = map[string]bool{}
	}
	p.queued[execution] = true
	p.mu.Unlock()
	if err := p.db.Lock(ctx, tx, "job "+execution); err != nil {
		return err
	}
	p.work.Go(func() {
		defer func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			delete(p.queued, execution)
		}()
		if held != nil {
			<-held
		}
		ctx := context.WithoutCancel(p.t.Context())
		if err := p.db.Update(ctx, func(tx procedures.Tx) error { return p.db.Lock(ctx, tx, "job "+execution) }); err != nil {
			p.t.Error(err)
		}
		if err := p.Work(ctx, execution); err != nil && procedures.CodeOf(err) != procedures.CodeNotFound {
			p.t.Error(err)
		}
	})
	return nil
}

// takenOver makes a running execution another replica's, as replicas do it: under the run's lock, so that what this one is writing at
// the moment is written before, and nothing after.
func (p *portal) takenOver(replica, run, execution string) {
	p.t.Helper()
	const takes = "UPDATE executions SET state = 'running', replica = $1 WHERE id = $2"
	err := p.db.Update(p.t.Context(), func(tx procedures.Tx) error {
		if err := p.db.LockRun(p.t.Context(), tx, run); err != nil {
			return err
		}
		_, err := tx.(database.DBTX).ExecContext(p.t.Context(), takes, replica, execution)
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *portal) request(step string) runs.Request {
	return runs.Request{Procedure: p.Library().Procedures()[0].ID, Environment: "test", Step: step, By: oncall}
}

// press presses and fails the test on an error.
func (p *portal) press(r runs.Request) *runs.Pressed {
	p.t.Helper()
	out, err := p.Press(p.t.Context(), r)
	if err != nil {
		p.t.Fatalf("press %s: %v", r.Step, err)
	}
	return out
}

// until waits until a run looks as asked for.
func (p *portal) until(run string, what string, ok func(*journal.View) bool) *journal.View {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	changed, stop := p.Subscribe(run)
	defer stop()
	for {
		v, err := p.View(ctx, run)
		if procedures.CodeOf(err) == procedures.CodeUnavailable { // as a page does, which asks again
			runtime.Gosched()
			continue
		}
		if err != nil {
			p.t.Fatal(err)
		}
		if ok(v) {
			return v
		}
		select {
		case <-changed:
		case <-ctx.Done():
			p.t.Fatalf("never came: %s", what)
		}
	}
}

// finished waits until steps are finished.
func (p *portal) finished(run string, steps ...string) *journal.View {
	p.t.Helper()
	return p.until(run, strings.Join(steps, " and ")+" finished", func(v *journal.View) bool {
		return !slices.ContainsFunc(steps, func(s string) bool { return v.Step(s).State != procedures.ExecutionFinished })
	})
}

func output(s *journal.StepView) string {
	var b strings.Builder
	for _, o := range s.Output.Pieces {
		if o.Kind == procedures.EventOutput {
			b.WriteString(o.Text)
		}
	}
	return b.String()
}
