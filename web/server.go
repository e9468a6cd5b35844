package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/opsbook/opsbook/internal/access"
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
}

// Options are what the portal needs.
type Options struct {
	Runs    *runs.Service
	Library func() *runbook.Library
	Source  string // where the runbooks came from, for people
	// Environments are those that can be chosen; the first is the default.
	Environments []procedures.Environment
	// Account is the account of an environment as far as it is known without asking AWS, empty where it is not, and whether AWS has
	// said that calls go there.
	Account  func(environment string) (account string, verified bool)
	Sandbox  Sandbox // nil without one
	Policy   access.Policy
	Sessions *scs.SessionManager
	// Authenticator says who sent a request.
	Authenticator access.Authenticator
	// Hosts are the values of the Host header that are answered. Loopback answers to the names of loopback, too, with any port.
	Hosts    []string
	Loopback bool
	// Metrics shows numbers at /metrics, to everybody who may look and to those in MetricsFrom, whatever they call the
	// server; nil for none.
	Metrics     http.Handler
	MetricsFrom []netip.Prefix
	Observer    Observer // nil for nobody
	// People knows who has which page open; nil for one that knows of this process alone.
	People *Presence
	// Ready says whether the server can do its work.
	Ready  func(context.Context) error
	Logger *slog.Logger
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
	hubs   hubs
	people *Presence
	// findRun is Runs.Run: what the policy is asked about.
	findRun func(ctx context.Context, id string) (*procedures.Run, error)
}

// New makes the portal's handler. It begins no goroutine: those of hubs begin with the first stream and end with the
// last. A server that stops cancels the contexts of its requests, which ends all streams.
func New(o Options) (http.Handler, error) {
	files, err := readAssets()
	if err != nil {
		return nil, err
	}
	s := &Server{Options: o, assets: files, people: o.People, findRun: o.Runs.Run}
	if s.people == nil {
		s.people = &Presence{}
	}
	return s.routes(), nil
}

// page is a handler that may fail.
type page func(w http.ResponseWriter, r *http.Request) error

// serve maps a handler's error to a status and a page, and logs what is not the client's doing. Nothing is answered
// where the client has gone, as the error is probably that. A page that fails must not have written anything yet.
func (s *Server) serve(p page) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := p(w, r)
		if err == nil || r.Context().Err() != nil {
			return
		}
		status := statusOf(err)
		if status >= http.StatusInternalServerError {
			s.Logger.ErrorContext(r.Context(), "a request failed", "request", requestID(r), "method", r.Method, "path",
				r.URL.Path, "error", err)
		}
		s.notice(w, r, status, err)
	}
}

// back leads to the page that a form came from. Only paths of this server are followed. “//host” and a backslash,
// which browsers take for a slash, would lead to another server. 303 makes the browser get the page.
func back(w http.ResponseWriter, r *http.Request) error {
	// It is a field of the form, and so comes from the client.
	to := r.FormValue("back")
	if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n") {
		to = "/"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// environment is the one that a request is about: named by it, else the session's choice, else the default. A
// session’s choice that is not configured any more gives the default; a name in the request that is unknown is an
// error, because acting elsewhere than asked would be worse.
func (s *Server) environment(r *http.Request) (procedures.Environment, error) {
	name := r.FormValue("environment")
	if name == "" {
		name = s.Sessions.GetString(r.Context(), "environment")
		if !slices.ContainsFunc(s.Environments, func(e procedures.Environment) bool { return e.Name == name }) {
			return s.Environments[0], nil
		}
	}
	for _, e := range s.Environments {
		if e.Name == name {
			return e, nil
		}
	}
	return procedures.Environment{}, procedures.Errorf(procedures.CodeInvalid, "there is no environment %q", name)
}
