package web

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/alexedwards/scs/v2"
	"github.com/go-chi/chi/v5"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/access/accounts"
	"github.com/opsbook/opsbook/internal/access/signin"
	"github.com/opsbook/opsbook/internal/access/tokens"
	"github.com/opsbook/opsbook/internal/cards"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/runs"
	"github.com/opsbook/opsbook/web/templates"
)

// Sandbox is the simulated account as far as the pages are concerned. Its methods may be called by several requests
// at once; an error of Faults is shown in place of the panel.
type Sandbox interface {
	Faults(ctx context.Context) ([]templates.Fault, error)
	SetFault(ctx context.Context, name string, on bool) error
	// Reset makes everything healthy again.
	Reset(ctx context.Context) error
	// Games are the game day that is on, nil for none, and those that were, newest first.
	Games(ctx context.Context) (on *templates.Game, past []templates.Game, err error)
	// BeginGame chooses a fault in secret for a procedure, for all where that is empty; EndGame gives it up.
	BeginGame(ctx context.Context, procedure, by string) error
	EndGame(ctx context.Context) error
}

// Options are what the portal needs.
type Options struct {
	Runs    *runs.Service
	Library func() *runbook.Library
	// LibraryChanged returns a channel that is closed when Library returns another one; nil where it never does.
	LibraryChanged func() <-chan struct{}
	Source         string // where the runbooks came from, for people
	// Pictures are the runbooks' folder, of which images are shown; nil for none. ImageHosts are the hosts from which pages
	// may show images besides.
	Pictures   fs.FS
	ImageHosts []string
	// Environments are those that can be chosen; the first is the default.
	Environments []procedures.Environment
	// Account is the account of an environment as far as it is known without asking AWS, empty where it is not, and whether AWS has
	// said that calls go there.
	Account func(environment string) (account string, verified bool)
	// Console is the page of AWS's console where a call's resource is seen, empty where none is known; nil for none at all.
	Console func(procedures.Call) string
	Sandbox Sandbox // nil without one
	// Rehearses says what the sandbox answers the calls of a step with, before it is pressed; nil where that is not known.
	Rehearses func(p *procedures.Procedure, s *procedures.Step) runbook.Rehearsal
	Policy    access.Policy
	Sessions  *scs.SessionManager
	// Authenticator says who sent a request.
	Authenticator access.Authenticator
	// SignIn is the Authenticator of a portal that signs people in itself; nil where another one says who they are.
	SignIn *signin.Service
	// Accounts knows people by passwords of this portal; nil for none. It comes with SignIn.
	Accounts *accounts.Service
	// Lendable are the groups that somebody may put others into; nil where groups give nothing.
	Lendable func(by access.Person) []string
	// Tokens knows programs, which are no people; nil for none.
	Tokens *tokens.Service
	// URL is where browsers find the portal, with a scheme and a host and no path; nil where that is not said. It is in links, its
	// host is answered besides Hosts, and where people sign in they have to come by it.
	URL *url.URL
	// Hosts are the values of the Host header that are answered. Loopback answers to the names of loopback, too, with any port.
	Hosts    []string
	Loopback bool
	// Metrics shows numbers at /metrics, to everybody who may look and to those in MetricsFrom, whatever they call the
	// server; nil for none.
	Metrics     http.Handler
	MetricsFrom []netip.Prefix
	Observer    Observer // nil for nobody
	Audit       Auditor  // nil where nothing is recorded
	// AuditStreams says how far the streams of the audit log are; nil for none.
	AuditStreams func(context.Context) ([]templates.AuditStream, error)
	Glass        *access.Glass // who has broken glass; nil where there are no roles
	// People knows who has which page open; nil for one that knows of this process alone.
	People *Presence
	// Undelivered is what could not be told to people; nil where nobody is notified.
	Undelivered func(context.Context) ([]templates.Undelivered, error)
	// Ready says whether the server can do its work.
	Ready func(context.Context) error
	// Streams ends when pages have to come back to another server, Requests when whatever is still being answered has
	// to end. Nil for never.
	Streams, Requests context.Context //nolint:containedctx // they are what is shared, not what one call may take
	// Streaming is told of a request, by its context, that becomes a stream until end is called; nil for nobody. The
	// listener counts its connection apart then.
	Streaming func(ctx context.Context) (end func())
	// Detached serves a stream that has left its request, and whose connection Shutdown of http.Server does not wait for
	// any more. Nil where streams stay with their requests.
	Detached func(serve func())
	Logger   *slog.Logger
	// LogRequests logs every request at level info; without it presses are, and the rest at debug.
	LogRequests bool
}

// Observer is told what is counted. Its methods are called by requests, at the same time, and hold the answer up
// while they run.
type Observer interface {
	// Streams tells how many more pages are live; fewer where it is negative.
	Streams(more int)
	// Answered tells of a request that was answered. route is a pattern of the route table.
	Answered(method, route string, status int, took time.Duration)
}

// Server answers requests. It is safe for use by several goroutines; hubs and people have locks of their own.
type Server struct {
	Options
	assets assets
	cards  *cards.Drawer
	hubs   hubs
	people *Presence
	router chi.Routes // that of routes
	// What is counted against the bounds of package limits.
	gate      gate
	bodies    tally
	streams   tally
	downloads tally
	begun     sessionRate
	// findRun is the head of a run, for what the policy is asked about and nothing else.
	findRun func(ctx context.Context, id string) (*procedures.Run, error)
	reads   *reading
	// standings says how far runs are.
	standings *standings
	past      *past
	presses   presses
	marks     marks
	answers   answers
}

// What people do to runs; package runs asks the policy itself. What they read is in reading.
type (
	presses interface {
		Press(ctx context.Context, r runs.Request) (*runs.Pressed, error)
		RunAll(ctx context.Context, r runs.Request) (*runs.Pressed, error)
		Choices(ctx context.Context, r runs.Request, parameter string) ([]string, error)
		Cancel(ctx context.Context, run, step string, by access.Person) error
		EndEarly(ctx context.Context, run, step, reason string, by access.Person) error
		Finish(ctx context.Context, run string, by access.Person) error
		Reopen(ctx context.Context, run string, by access.Person) error
		Keep(ctx context.Context, run string, kept bool, by access.Person) error
	}
	marks interface {
		MarkDone(ctx context.Context, by runs.Mark) (run string, err error)
		StartCountdown(ctx context.Context, by runs.Mark) (run string, err error)
		MarkUndone(ctx context.Context, by runs.Mark) (run string, err error)
		MarkSkipped(ctx context.Context, by runs.Mark) (run string, err error)
		AddNote(ctx context.Context, by runs.Mark) (run string, err error)
	}
	answers interface {
		RequestApproval(ctx context.Context, by runs.Answer) (run string, err error)
		Approve(ctx context.Context, by runs.Answer) (run string, err error)
		Decline(ctx context.Context, by runs.Answer) (run string, err error)
		Withdraw(ctx context.Context, by runs.Answer) (run string, err error)
	}
)

// New makes the portal's handler. It begins no goroutine: those of hubs begin with the first stream and end with the
// last.
func New(o Options) (http.Handler, error) {
	files, err := readAssets()
	if err != nil {
		return nil, err
	}
	s := &Server{
		cards:   cards.New(),
		Options: o, assets: files, people: o.People, findRun: o.Runs.Run, reads: &reading{o.Runs, o.Policy},
		presses: o.Runs, marks: o.Runs, answers: o.Runs,
	}
	s.standings, s.past = &standings{reads: s.reads}, &past{reads: s.reads}
	s.Runs = nil // so that nothing is read past reads
	if s.Streams == nil {
		s.Streams = context.Background()
	}
	if s.Requests == nil {
		s.Requests = context.Background()
	}
	if s.people == nil {
		s.people = &Presence{}
	}
	return s.routes(), nil
}

// page is a handler that may fail.
type page func(w http.ResponseWriter, r *http.Request) error

// undivided lets what a form asks for come to its end, or fail, as a whole: it does not end with the client's
// connection, only with the server or after limits.HTTPFormTime, which is less than limits.HTTPAnswerTime. Otherwise
// what was kept could be answered as not done.
func (s *Server) undivided(r *http.Request) (*http.Request, context.CancelFunc) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return r, func() {}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), limits.HTTPFormTime.Time())
	stop := context.AfterFunc(s.Requests, cancel)
	return r.WithContext(ctx), func() { stop(); cancel() }
}

// serve maps a handler's error to a status and a page, and logs what is not the client's doing. There is always an
// answer: without one net/http would say 200. An answer that has begun is cut off.
func (s *Server) serve(p page) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r, end := s.undivided(r)
		defer end()
		err := p(w, r)
		n := noteOf(r)
		begun := n != nil && n.answer.begun
		ended := r.Context().Err()
		switch {
		case err == nil:
			return
		case ended != nil && !begun: // no page can be made any more
			w.Header().Set("Retry-After", "2")
			text := cutOff(r)
			if r.Method == http.MethodPost && errors.Is(ended, context.DeadlineExceeded) {
				text = sentence(limits.HTTPFormTime.Reached())
			}
			s.say(w, r.WithContext(context.WithoutCancel(r.Context())), http.StatusServiceUnavailable, text)
			return
		}
		status := statusOf(err)
		var reached *limits.Error
		switch {
		case errors.As(err, &reached) && !begun: // a page around it would cost what the bound saves
			s.refuse(w, r, status, reached.Row.Name, sentence(err))
			return
		case status == http.StatusForbidden:
			s.refused(r, status, "run", err.Error()) // permitted has logged what the policy said of the route itself
		case status >= http.StatusInternalServerError:
			s.Logger.ErrorContext(r.Context(), "a request failed", "request", requestID(r), "method", methodOf(r), "path",
				oneLine(r.URL.EscapedPath()), "error", err)
		}
		if begun { // who reads it has to see that it is not whole
			s.Logger.WarnContext(r.Context(), "an answer was cut off", "request", n.id, "error", err)
			panic(http.ErrAbortHandler)
		}
		s.notice(w, r, status, err)
	}
}

// cutOff says of a request that was ended what became of it.
func cutOff(r *http.Request) string {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return "This was not answered in time, or the server is being stopped. Reload the page in a moment."
	}
	return "This was not answered in time, or the server is being stopped. It may not have been done: the page shows, when it is " +
		"loaded again, what was kept."
}

// back leads to the page that a form came from. 303 makes the browser get the page.
func back(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, here(r.FormValue("back")), http.StatusSeeOther)
	return nil
}

// here is a path of this server that a client named, else that of the first page. “//host” and a backslash, which
// browsers take for a slash, would lead to another server; control characters are removed by browsers before they look
// (URL standard, 4.4). A path that is longer than one of our pages has none of ours.
func here(to string) string {
	if len(to) > maxAddress || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || !utf8.ValidString(to) ||
		strings.ContainsFunc(to, func(c rune) bool { return c == '\\' || unicode.IsControl(c) }) {
		return "/"
	}
	return to
}

// environment is the one that a request is about: named by it, else the session's choice, else the default: the first that
// the person may view. A session's choice that is not configured any more gives the default, and so does one that may not
// be viewed, but not where something is to be done; a name in the request that is unknown is an error. Acting elsewhere
// than asked would be worse.
func (s *Server) environment(r *http.Request) (procedures.Environment, error) {
	named := r.FormValue("environment")
	chosen := cmp.Or(named, s.Sessions.GetString(r.Context(), "environment"))
	i := slices.IndexFunc(s.Environments, func(e procedures.Environment) bool { return e.Name == chosen })
	switch {
	case i < 0 && named != "":
		return procedures.Environment{}, noEnvironment(named)
	case len(s.Environments) == 1:
		return s.Environments[0], nil
	case named != "":
		if why := s.may(r, access.View, subject{environment: named}); why != nil {
			return procedures.Environment{}, &hidden{error: noEnvironment(named), at: subject{environment: named}, why: why}
		}
		return s.Environments[i], nil
	case i >= 0 && (r.Method == http.MethodPost || s.may(r, access.View, subject{environment: chosen}) == nil):
		return s.Environments[i], nil
	}
	for _, e := range s.Environments {
		if s.may(r, access.View, subject{environment: e.Name}) == nil {
			return e, nil
		}
	}
	return s.Environments[max(i, 0)], nil // what is refused then says why
}

// noEnvironment is the error of a name that no environment has.
func noEnvironment(named string) error {
	return procedures.Errorf(procedures.CodeNotFound, "there is no environment %q", named)
}
