package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/aws/sandbox"
	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/metrics"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/runs"
	"github.com/opsbook/opsbook/internal/scripts/commands"
	"github.com/opsbook/opsbook/internal/store"
	"github.com/opsbook/opsbook/web"
	"github.com/opsbook/opsbook/web/templates"
)

// serveCommand is the portal.
type serveCommand struct {
	Addr string   `help:"Address; on loopback unless behind a proxy." default:"127.0.0.1:8080" placeholder:"ADDR" env:"OPSBOOK_ADDR"`
	Host []string `help:"Another name of the portal; may be repeated." placeholder:"NAME" env:"OPSBOOK_HOST"`

	BehindProxy []string `help:"Network of a proxy that signs people in." placeholder:"CIDR" env:"OPSBOOK_BEHIND_PROXY"`
	UserHeader  string   `help:"Header in which it names the person." placeholder:"NAME" env:"OPSBOOK_USER_HEADER"`
	MetricsFrom []string `help:"Network that may read /metrics." placeholder:"CIDR" env:"OPSBOOK_METRICS_FROM"`

	Fault []string `help:"Switch a fault on; may be repeated." placeholder:"NAME" sep:"none"`
}

// Run serves until the context ends. The address is taken first: a second server on it fails before it touches the
// database.
func (c *serveCommand) Run(ctx context.Context, o *options, t terminal) error {
	logger := slog.New(slog.NewTextHandler(t.err, nil))
	reach, err := c.reach()
	if err != nil {
		return err
	}
	listener, err := listen(ctx, c.Addr, reach.proxy)
	if err != nil {
		return err
	}
	p, err := newPortal(ctx, o, t, logger, reach, c.Fault)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	address := "http://" + listener.Addr().String()
	// A command line that finds the database taken names this server by its address.
	p.db.Describe(address)
	fmt.Fprintf(t.out, "Opsbook is at %s\n", address)
	fmt.Fprintf(t.out, "  environment  %s\n", p.says)
	fmt.Fprintf(t.out, "  runbooks     %s\n", p.source)
	fmt.Fprintf(t.out, "  database     %s\n", p.db.Path)
	return errors.Join(p.serve(ctx, listener), p.close())
}

// portal is a server with all that belongs to it. close ends whatever part of it was built.
type portal struct {
	db      *store.DB
	service *runs.Service
	queue   *queue
	watcher *runbook.Watcher
	people  *web.Presence
	handler http.Handler
	logger  *slog.Logger
	source  string // of the runbooks
	says    string // the environment, for people

	background sync.WaitGroup
	stop       context.CancelFunc
	// tidySessions ends the deletion of old sessions; nil before it began.
	tidySessions func()
}

// newPortal opens the database and builds a portal that answers nothing yet. Its goroutines, such as the watch on
// the folder of runbooks, end with close and not with ctx: on SIGTERM the server still needs them for a while. On an
// error nothing of it is left open.
func newPortal(ctx context.Context, o *options, t terminal, logger *slog.Logger, reach reach, faults []string) (*portal, error) {
	environments, err := o.environments()
	if err != nil {
		return nil, err
	}
	folder, source, err := o.runbookFolder()
	if err != nil {
		return nil, err
	}
	data, err := o.dataFolder(t)
	if err != nil {
		return nil, err
	}
	// From here on what was opened has to be closed when something fails.
	db, err := o.openDatabase(ctx, data)
	if err != nil {
		return nil, err
	}
	p := &portal{db: db, logger: logger, source: source, says: describe(environments[0])}
	// The portal outlives a signal by the time that serve takes to end.
	ctx, p.stop = context.WithCancel(context.WithoutCancel(ctx))
	if err := p.build(ctx, o, t, environments, folder, data, reach, faults); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// describe is an environment with its account, for the first lines that a server prints.
func describe(e procedures.Environment) string {
	switch {
	case e.Sandbox():
		return e.Name + " (the simulated account: nothing leaves this program)"
	case e.Account == "":
		return e.Name + " (the account of AWS's variables and profile)"
	}
	return e.Name + " (account " + e.Account + ")"
}

// build puts the rooms together. The service and the queue need each other: the service is given functions that call
// the queue later.
func (p *portal) build(ctx context.Context, o *options, t terminal, environments []procedures.Environment, folder fs.FS,
	data string, reach reach, faults []string) error {
	options := runbook.Options{Analyser: analyser(environments...)}
	// The shipped runbooks are in the program and never change; a folder is watched.
	if o.Runbooks == "" {
		lib, err := runbook.Open(folder, options)
		if err != nil {
			return fmt.Errorf("read the shipped runbooks: %w", err)
		}
		p.watcher = runbook.Fixed(lib)
	} else {
		var err error
		p.watcher, err = runbook.Watch(ctx, o.Runbooks, runbook.WatchOptions{Options: options, Failed: func(err error) {
			p.logger.WarnContext(ctx, "the runbooks cannot be read; they stay as they were", "error", err)
		}})
		if err != nil {
			return err
		}
	}
	engines := newEngines(environments, p.names, p.db)
	for _, g := range engines.byName {
		// Limits of an account are those of all replicas together.
		g.aws.Share(p.db.Announce)
	}
	if engines.sandbox != nil {
		// The simulated account is the same after a restart, and in all replicas.
		notice, err := engines.sandbox.Load(ctx)
		if err != nil {
			return err
		}
		if notice != "" {
			p.logger.WarnContext(ctx, "the sandbox begins anew, everything else is as it was", "reason", notice)
		}
	}
	if err := switchOn(ctx, engines.sandbox, faults); err != nil {
		return err
	}
	key, err := secret(t, data)
	if err != nil {
		return err
	}
	retention, err := o.retention()
	if err != nil {
		return err
	}
	numbers := metrics.New(p.jobs)
	// Presence has to be there before the service, which hands notifications to it.
	p.people = &web.Presence{Note: p.db.Announce}
	p.service = runs.New(runs.Options{
		Environment: environments[0].Name, Retention: retention, Observer: numbers, OnNotification: func(n procedures.Notification) {
			p.people.Notify(n)
			engines.notify(n)
		},
		Stores: stores(p.db), Library: p.watcher.Current, Runbooks: folder, Engine: engines.of,
		Policy: access.Loopback{}, Secret: key, Now: o.now, Logger: p.logger,
		OpenText: func(file, markdown string) *runbook.Library { return runbook.OpenText(file, markdown, options) },
		Queue: func(ctx context.Context, tx procedures.Tx, execution string) error {
			return p.queue.insert(ctx, tx, execution)
		},
		Queued: func(ctx context.Context) (map[string]bool, error) { return p.queue.queued(ctx) },
	})
	p.queue, err = newQueue(ctx, p.db, p.logger, p.service.Work)
	if err != nil {
		return err
	}
	sessions := scs.New()
	sessions.Store, p.tidySessions = sessionStore(p.db, p.logger)
	sessions.ErrorFunc = sessionsUnavailable(p.logger)
	// A name and a choice of environment last a month from when the session began.
	sessions.Lifetime = 30 * 24 * time.Hour
	sessions.Cookie.Name = "opsbook"
	sessions.Cookie.SameSite = http.SameSiteLaxMode // a link in a channel opens with one's name
	var world web.Sandbox
	if engines.sandbox != nil {
		world = faultsOf{engines.sandbox}
	}
	p.handler, err = web.New(web.Options{
		Runs: p.service, Library: p.watcher.Current, Source: p.source, Environments: environments,
		Account: engines.account, Sandbox: world, Policy: access.Loopback{},
		Sessions: sessions, Hosts: reach.hosts, Authenticator: reach.authenticator(sessions),
		Loopback: reach.proxy == nil, Metrics: numbers, MetricsFrom: reach.metrics, Observer: numbers, People: p.people,
		Ready: p.db.Ping, Logger: p.logger,
	})
	return err
}

// stores are what the parts of runs need of one database.
func stores(db *store.DB) runs.Stores {
	return runs.Stores{
		Ledger: db, Executions: db, Snapshots: db, Read: db, Press: db, Approvals: db, Finish: db, Work: db,
		Schedules: db, Recovery: db, Retention: db,
	}
}

// jobs counts what waits and what runs. It is asked when somebody reads /metrics.
func (p *portal) jobs(ctx context.Context) (map[procedures.ExecutionState]int, error) {
	out := map[procedures.ExecutionState]int{}
	for _, state := range []procedures.ExecutionState{procedures.ExecutionWaiting, procedures.ExecutionRunning} {
		list, err := p.db.ExecutionsIn(ctx, nil, state)
		if err != nil {
			return nil, err
		}
		out[state] = len(list)
	}
	return out, nil
}

// names reports whether a host is named by the runbooks. It reads the library of the moment, as the runbooks may have changed.
func (p *portal) names(host string) bool { return hostsOf(p.watcher.Current())[host] }

// Times of a server that ends. An orchestrator has to wait longer than stopTime before it kills.
const (
	requestTime = 300 * time.Millisecond // that a press may still take; streams are cut after it
	stopTime    = 20 * time.Second       // that what changes something may still take
)

// serve answers requests until ctx ends: then nothing new is begun, what only reads is put back, and streams end.
// Before anything is fetched, jobs that processes of the past had in their hands are forgotten and their executions
// recovered. At the end, in this order: the listener closes and the queue fetches nothing more, presses have
// requestTime, streams say goodbye, steps that only read have a moment, steps that make changes have until stopTime.
// Pages of a stream come back to another replica, or to this one after its restart.
func (p *portal) serve(ctx context.Context, listener net.Listener) error {
	begin := context.WithoutCancel(ctx) // a server that is told to end while it begins ends as any other
	if err := p.db.ForgetJobs(begin); err != nil {
		return err
	}
	if err := p.service.Recover(begin); err != nil {
		return fmt.Errorf("take up what was left: %w", err)
	}
	// Neither work nor requests end with the signal: each has its own end below.
	work, endWork := context.WithCancel(context.WithoutCancel(ctx))
	defer endWork()
	if err := p.queue.start(work); err != nil {
		return fmt.Errorf("start the job queue: %w", err)
	}
	p.background.Go(func() { p.service.Watch(work) })
	p.background.Go(func() { p.people.Share(work) })
	requests, endRequests := context.WithCancel(context.WithoutCancel(ctx))
	defer endRequests()
	// There is no WriteTimeout, because a stream has no end: it sets a deadline for each of its messages.
	server := &http.Server{
		Handler: p.handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		BaseContext: func(net.Listener) context.Context {
			return requests
		},
		ErrorLog: slog.NewLogLogger(p.logger.Handler(), slog.LevelWarn),
	}
	// Serve fails by itself only where the listener does.
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	var err error
	select {
	case err = <-ended:
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	stopped := make(chan error, 1)
	go func() { stopped <- p.queue.stop(stop) }()   // from here on nothing is fetched
	cut := time.AfterFunc(requestTime, endRequests) // streams have no other end
	defer cut.Stop()
	err = errors.Join(err, ignoreClosed(server.Shutdown(stop)))
	// Requests are over: nothing can be pressed any more.
	p.service.Stop(stop)
	err = errors.Join(err, <-stopped)
	endWork()
	p.background.Wait()
	return ignoreClosed(err)
}

// ignoreClosed leaves out errors that only say that the server was ended, or that its time was over.
func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// close ends what newPortal began, the database last. It may be called on a portal that was built in part.
func (p *portal) close() error {
	p.stop()
	if p.tidySessions != nil {
		p.tidySessions()
	}
	if p.watcher != nil {
		p.watcher.Close()
	}
	return p.db.Close()
}

// engines are those of all environments. Environments on the sandbox share one simulated account. It does not change
// after newEngines, so that requests read it without a lock.
type engines struct {
	byName  map[string]*environmentEngine
	sandbox *sandbox.Sandbox
}

// newEngines makes an engine for each environment; keeper stores the state of the simulated account.
func newEngines(environments []procedures.Environment, named func(string) bool, keeper sandbox.Keeper) *engines {
	all := &engines{byName: map[string]*environmentEngine{}}
	effects := commands.NewProgramEffects(environments)
	for _, e := range environments {
		if e.Sandbox() && all.sandbox == nil {
			all.sandbox = sandbox.New(sandbox.Options{Keeper: keeper})
		}
		all.byName[e.Name] = newEngine(e, all.sandbox, named, effects)
	}
	return all
}

// notify takes in what another replica tells. The engines slow down for limits that calls of others have met.
func (a *engines) notify(n procedures.Notification) {
	for _, g := range a.byName {
		g.aws.Notify(n)
	}
}

// of is the engine of an environment, as package runs asks for it.
func (a *engines) of(environment string) (*engine.Engine, error) {
	g, ok := a.byName[environment]
	if !ok {
		return nil, procedures.Errorf(procedures.CodeNotFound, "there is no environment %s", environment)
	}
	return g.engine(), nil
}

// account is the account of an environment as far as it is known without asking AWS, and whether AWS has said that it is.
func (a *engines) account(environment string) (account string, verified bool) {
	g := a.byName[environment]
	if g == nil {
		return "", false
	}
	return g.account()
}

// faultsOf is the sandbox as the pages see it. Its other methods are the sandbox’s own.
type faultsOf struct{ *sandbox.Sandbox }

// Faults implements web.Sandbox.
func (f faultsOf) Faults(ctx context.Context) ([]templates.Fault, error) {
	all, err := f.Sandbox.Faults(ctx)
	var out []templates.Fault
	for _, x := range all {
		out = append(out, templates.Fault(x))
	}
	return out, err
}
