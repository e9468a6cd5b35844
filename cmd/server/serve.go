package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/pflag"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/access/accounts"
	"github.com/opsbook/opsbook/internal/access/signin"
	"github.com/opsbook/opsbook/internal/access/tokens"
	"github.com/opsbook/opsbook/internal/audit/streams"
	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/sandbox"
	"github.com/opsbook/opsbook/internal/confined"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/mask"
	"github.com/opsbook/opsbook/internal/metrics"
	"github.com/opsbook/opsbook/internal/notify"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/runs"
	"github.com/opsbook/opsbook/internal/scripts/commands"
	"github.com/opsbook/opsbook/internal/store"
	"github.com/opsbook/opsbook/internal/tracing"
	"github.com/opsbook/opsbook/internal/tracing/otlp"
	"github.com/opsbook/opsbook/web"
)

// serveCommand is the portal.
type serveCommand struct {
	Addr string
	Host []string

	BehindProxy  []string
	UserHeader   string
	GroupsHeader string
	MetricsFrom  []string

	TLSCert, TLSKey string

	Drain time.Duration
	Fault []string

	addressed
	observing
}

// flags implements flagged.
func (c *serveCommand) flags(f *pflag.FlagSet) {
	f.StringVar(&c.Addr, "addr", "127.0.0.1:8080", "`ADDR` Address; on loopback unless behind a proxy.")
	f.StringSliceVar(&c.Host, "host", nil, "`NAME,…` Another name of the portal; may be repeated.")
	f.StringSliceVar(&c.BehindProxy, "behind-proxy", nil, "`CIDR,…` Network of a proxy that signs people in.")
	f.StringVar(&c.UserHeader, "user-header", "", "`NAME` Header in which it names the person.")
	f.StringVar(&c.GroupsHeader, "groups-header", "", "`NAME` Header in which it lists the person's groups.")
	f.StringSliceVar(&c.MetricsFrom, "metrics-from", nil, "`CIDR,…` Network that may read /metrics.")
	f.StringArrayVar(&c.Fault, "fault", nil, "`NAME` Switch a fault on; may be repeated.")
	f.StringVar(&c.TLSCert, "tls-cert", "", "`FILE` Certificate, for HTTPS; read again when it changes.")
	f.StringVar(&c.TLSKey, "tls-key", "", "`FILE` Key of the certificate.")
	f.DurationVar(&c.Drain, "drain", drainTime, "`TIME` Answer so long after SIGTERM, being not ready.")
	c.addressed.flags(f)
	c.observing.flags(f)
	variables(f, "addr", "host", "behind-proxy", "user-header", "groups-header", "metrics-from", "tls-cert", "tls-key", "drain")
}

// run serves until the context ends. The address is taken first: a second server on it fails before it touches the
// database.
func (c *serveCommand) run(ctx context.Context, o *options, t terminal, _ []string) error {
	logger := c.logger(t.err)
	o.url = c.URL
	reach, err := c.reach(o)
	if err != nil {
		return err
	}
	if reach.certificate, err = newCertificate(c.TLSCert, c.TLSKey, logger); err != nil {
		return err
	}
	listener, err := listen(ctx, c.Addr, reach.closed())
	if err != nil {
		return err
	}
	stop, err := c.profiles(ctx, logger)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer stop()
	tracer, sent, err := otlp.Open(ctx, t.getenv, built().Version, logger)
	if err != nil {
		return errors.Join(procedures.Errorf(procedures.CodeInvalid, "%w", err), listener.Close())
	}
	defer sent()
	if tracer != nil {
		ctx = tracing.With(ctx, tracer)
	}
	o.logRequests = c.LogRequests
	p, err := newPortal(ctx, o, t, logger, reach, c.Fault)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	p.drainTime = c.Drain
	address := "http://" + listener.Addr().String()
	if reach.certificate != nil {
		address = "https://" + listener.Addr().String()
	}
	// A command line that finds the database taken names this server by its address.
	p.db.Describe(address)
	fmt.Fprintf(t.out, "Opsbook is at %s\n", address)
	fmt.Fprintf(t.out, "  environment  %s\n", p.says)
	fmt.Fprintf(t.out, "  runbooks     %s\n", p.source)
	fmt.Fprintf(t.out, "  database     %s\n", p.db.Path)
	if p.first != "" {
		fmt.Fprintf(t.out, "  first owner  %s\n               (makes the first account; counts once, until %s UTC)\n", p.first,
			now(o)().Add(accounts.FirstLasts).UTC().Format("2006-01-02 15:04"))
	}
	return errors.Join(p.serve(ctx, listener), p.close())
}

// portal is a server with all that belongs to it. close ends whatever part of it was built.
type portal struct {
	db      *store.DB
	service *runs.Service
	queue   *queue
	watcher *runbook.Watcher
	outbox  *notify.Outbox // nil where nobody is notified
	people  *web.Presence
	signIn  *signin.Service // nil where nobody signs in here
	tokens  *tokens.Service
	// accounts knows people by passwords; nil where it is not configured. first is the link of the first account, empty where there is
	// one, and lendable are the groups that somebody may put others into.
	accounts *accounts.Service
	first    string
	lendable func(by access.Person) []string
	glass    *access.Glass // nil where there are no roles
	// streamed are the streams of the audit log.
	streamed []*streams.Runner
	// authenticator says who people are: signIn, a proxy, or they themselves.
	authenticator access.Authenticator
	handler       http.Handler
	reach         reach
	logger        *slog.Logger
	source        string // of the runbooks
	says          string // the environment, for people

	background sync.WaitGroup
	detached   sync.WaitGroup // streams: see web.Options
	stop       context.CancelFunc
	// draining says that balancers should send nothing more; drainTime is how long it is said before it is so.
	draining  atomic.Bool
	drainTime time.Duration
	// streams ends when pages have to come back elsewhere, requests when what is still being answered has to end.
	streams, requests       context.Context //nolint:containedctx // they are what is shared, not what one call may take
	endStreams, endRequests context.CancelFunc
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
	confined.RemoveLeft(logger)
	if err := tighten(logger, data); err != nil {
		return nil, err
	}
	// From here on what was opened has to be closed when something fails.
	db, err := o.openDatabase(ctx, data)
	if err != nil {
		return nil, err
	}
	p := &portal{db: db, reach: reach, logger: logger, source: source, says: describe(environments[0])}
	// The portal outlives a signal by the time that serve takes to end.
	ctx, p.stop = context.WithCancel(context.WithoutCancel(ctx))
	p.streams, p.endStreams = context.WithCancel(ctx)
	p.requests, p.endRequests = context.WithCancel(ctx)
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
	hosts, err := o.imageHosts()
	if err != nil {
		return err
	}
	options := runbook.Options{Analyser: analyser(environments...), Image: web.PictureAddress, ImageHosts: hosts}
	numbers := metrics.New(p.sources(environments))
	// The shipped runbooks are in the program and never change; a folder is watched.
	if o.Runbooks == "" {
		lib, err := runbook.Open(folder, options)
		if err != nil {
			return fmt.Errorf("read the shipped runbooks: %w", err)
		}
		p.watcher = runbook.Fixed(lib)
	} else {
		p.watcher, err = runbook.Watch(ctx, o.Runbooks, runbook.WatchOptions{
			Options: options, Renamed: p.renamed(o.Runbooks),
			Failed: func(err error) {
				numbers.ReloadFailed()
				p.logger.WarnContext(ctx, "the runbooks cannot be read; they stay as they were", "error", err)
			},
		})
		if err != nil {
			return err
		}
	}
	engines := newEngines(environments, p.names, sandbox.Options{Keeper: p.db, Named: namedIn(p.watcher.Current)})
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
	other, err := otherSecret(t, key)
	if err != nil {
		return err
	}
	retention, err := o.retention()
	if err != nil {
		return err
	}
	if err := p.buildOutbox(o, t, numbers); err != nil {
		return err
	}
	policy, err := o.portalPolicy()
	if err != nil {
		return err
	}
	if _, roles := policy.(*access.Roles); roles && !reach.verifies() {
		return errRolesOfNobody
	}
	if err := p.buildGlass(ctx, o, policy); err != nil {
		return err
	}
	policy = access.UnderAllNames(policy, func(name string) string { return p.watcher.Current().Names(name)[0] })
	// Presence has to be there before the service, which hands notifications to it.
	p.people = &web.Presence{Note: p.db.Announce}
	p.service = runs.New(runs.Options{
		Environment: environments[0].Name, Retention: retention, Observer: numbers, OnNotification: func(n procedures.Notification) {
			p.people.Notify(n)
			if p.signIn != nil {
				p.signIn.Notify(n)
			}
			if p.glass != nil {
				p.glass.Notify(n)
			}
			engines.notify(n)
		},
		Stores: stores(p.db), Library: p.watcher.Current, Runbooks: folder, Engine: engines.of,
		Policy: policy, Secret: key, OtherSecret: other, Unwritten: filepath.Join(data, unwrittenFolder), Now: o.now, Logger: p.logger,
		OpenText: func(file, markdown, procedure string) *runbook.Library {
			return runbook.OpenRun(file, markdown, procedure, options)
		},
		Queue: func(ctx context.Context, tx procedures.Tx, execution string) error {
			return p.queue.insert(ctx, tx, execution)
		},
		Queued: func(ctx context.Context) (map[string]bool, error) { return p.queue.queued(ctx) },
		Line:   func(ctx context.Context) ([]string, error) { return p.queue.line(ctx) },
		Alert:  p.alert(),
	})
	p.queue, err = newQueue(ctx, p.db, p.logger, p.duties())
	if err != nil {
		return err
	}
	sessions, tidy, err := newSessions(ctx, p.db, p.logger)
	if err != nil {
		return err
	}
	p.tidySessions = tidy
	if err := p.buildSignIn(o, t, reach, key, other, sessions); err != nil {
		return err
	}
	if err := p.buildAccounts(ctx, o, reach, key, other); err != nil {
		return err
	}
	if err := p.buildTokens(o, environments); err != nil {
		return err
	}
	var world web.Sandbox
	if engines.sandbox != nil {
		world = faultsOf{engines.sandbox}
	}
	if err := p.recordConfiguration(ctx, o); err != nil {
		return err
	}
	if err := p.buildStreams(o, engines, data); err != nil {
		return err
	}
	pages, err := web.New(web.Options{Audit: p.db, AuditStreams: p.streamsOf, Glass: p.glass,
		Runs: p.service, Library: p.watcher.Current, LibraryChanged: p.watcher.Next,
		Source: p.source, Pictures: folder, ImageHosts: hosts, Environments: environments,
		Account: engines.account, Console: knowledge.ConsolePage, Sandbox: world, Rehearses: rehearsesIn(p.watcher.Current), Policy: policy,
		Sessions: sessions, URL: reach.url, Hosts: reach.hosts, Authenticator: p.authenticator, SignIn: p.signIn, Tokens: p.tokens,
		Accounts: p.accounts, Lendable: p.lendable,
		Loopback: !reach.closed(), Metrics: numbers, MetricsFrom: reach.metrics, Observer: numbers, People: p.people,
		Undelivered: p.trouble, Ready: p.ready, Logger: p.logger, LogRequests: o.logRequests,
		Streaming: streaming, Detached: p.detached.Go, Streams: p.streams, Requests: p.requests,
	})
	// Each request has a mask: what is planned or shown with it is not in its lines of the log.
	p.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		pages.ServeHTTP(w, r.WithContext(mask.NewContext(r.Context(), new(mask.Mask))))
	})
	return err
}

// stores are what the parts of runs need of one database.
func stores(db *store.DB) runs.Stores {
	return runs.Stores{
		Ledger: db, Executions: db, Snapshots: db, Read: db, Press: db, Approvals: db, Finish: db, Work: db,
		Schedules: db, Recovery: db, Retention: db, Search: db,
	}
}

// names reports whether a host is named by the runbooks. It reads the library of the moment, as the runbooks may have changed.
func (p *portal) names(host string) bool { return hostsOf(p.watcher.Current()).has(host) }

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

// newEngines makes an engine for each environment; account says how the simulated account lives.
func newEngines(environments []procedures.Environment, named func(string) bool, account sandbox.Options) *engines {
	all := &engines{byName: map[string]*environmentEngine{}}
	effects, pool := commands.NewProgramEffects(environments), limits.NewPool(0)
	for _, e := range environments {
		if e.Sandbox() && all.sandbox == nil {
			all.sandbox = sandbox.New(account)
		}
		all.byName[e.Name] = newEngine(e, all.sandbox, named, effects)
		all.byName[e.Name].pool = pool
	}
	return all
}
