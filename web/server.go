package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/alexedwards/scs/v2"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
	"github.com/opsbook/opsbook/web/templates"
)

// Sandbox is the simulated account as far as the pages are concerned.
type Sandbox interface {
	Faults(ctx context.Context) ([]templates.Fault, error)
	SetFault(ctx context.Context, name string, on bool) error
	// Reset makes everything healthy again.
	Reset(ctx context.Context) error
}

// Options are what the portal needs.
type Options struct {
	Runs    *runs.Service
	Library func() *procedures.Library
	Source  string // where the runbooks came from, for people
	// Environments are those that can be chosen; the first is the default.
	Environments []procedures.Environment
	// Account names the account of an environment as far as it is known without asking; may be empty.
	Account  func(environment string) string
	Sandbox  Sandbox // nil without one
	Policy   access.Policy
	Sessions *scs.SessionManager
	// Hosts are the values of the Host header that are answered. Without a proxy loopback names are, too, with any port.
	Hosts []string
	// Proxy is what all requests but probes have to come through; nil on loopback.
	Proxy *access.Proxy
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

// Observer is told what is counted.
type Observer interface {
	// Streams tells how many more pages are live; fewer where it is negative.
	Streams(more int)
	// Answered tells of a request that was answered. route is a pattern of the route table.
	Answered(method, route string, status int, took time.Duration)
}

// Server answers requests.
type Server struct {
	Options
	assets assets
	hubs   hubs
	people *Presence
}

// New makes the portal's handler.
func New(o Options) (http.Handler, error) {
	files, err := readAssets()
	if err != nil {
		return nil, err
	}
	s := &Server{Options: o, assets: files, people: o.People}
	if s.people == nil {
		s.people = &Presence{}
	}
	return s.routes(), nil
}

// page is a handler that may fail.
type page func(w http.ResponseWriter, r *http.Request) error

// serve maps a handler's error to a status and a page, and logs what is not the client's doing.
func (s *Server) serve(p page) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := p(w, r)
		if err == nil || r.Context().Err() != nil {
			return
		}
		status := statusOf(err)
		if status >= http.StatusInternalServerError {
			s.Logger.ErrorContext(r.Context(), "a request failed", "request", requestID(r), "method", r.Method, "path", r.URL.Path, "error", err)
		}
		s.notice(w, r, status, err)
	}
}

func statusOf(err error) int {
	switch procedures.CodeOf(err) {
	case procedures.CodeInvalid:
		return http.StatusUnprocessableEntity
	case procedures.CodeNotFound:
		return http.StatusNotFound
	case procedures.CodeRefused:
		return http.StatusForbidden
	case procedures.CodeConflict:
		return http.StatusConflict
	case procedures.CodeUnavailable:
		return http.StatusServiceUnavailable
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusInternalServerError
}

var heads = map[int]string{
	http.StatusNotFound: "There is no such page", http.StatusForbidden: "Not done", http.StatusConflict: "Not done", http.StatusUnprocessableEntity: "Something is missing",
	http.StatusServiceUnavailable: "Not possible at the moment", http.StatusRequestEntityTooLarge: "Too much",
}

// notice says what went wrong: to htmx as a message on the page, else as a page.
func (s *Server) notice(w http.ResponseWriter, r *http.Request, status int, err error) {
	text := sentence(err)
	if status == http.StatusInternalServerError {
		text = "Something in Opsbook itself went wrong. Nothing more was done; the server's log has the cause."
	}
	if fromHTMX(r) {
		if err := render(w, r, status, partial("#said", "innerHTML", templates.Said(text))); err != nil {
			s.Logger.WarnContext(r.Context(), "write an answer", "error", err)
		}
		return
	}
	frame, ferr := s.frame(r, heads[status])
	if ferr != nil {
		http.Error(w, text, status)
		return
	}
	head := heads[status]
	if head == "" {
		head = "That did not work"
	}
	frame.Title = head
	if err := render(w, r, status, templates.NoticePage(&templates.Notice{Frame: *frame, Status: status, Head: head, Text: text})); err != nil {
		s.Logger.WarnContext(r.Context(), "write an answer", "error", err)
	}
}

// sentence is an error as a sentence.
func sentence(err error) string {
	var e *procedures.Error
	text := err.Error()
	if errors.As(err, &e) {
		text = e.Message
	}
	if text == "" {
		return "That did not work."
	}
	text = strings.ToUpper(text[:1]) + text[1:]
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}

// render renders to a buffer first, so that a template that fails leaves nothing half written.
func render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	var buffer bytes.Buffer
	if err := c.Render(r.Context(), &buffer); err != nil {
		return fmt.Errorf("render the page: %w", err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, err := w.Write(buffer.Bytes())
	if err != nil {
		return nil //nolint:nilerr // the reader has gone
	}
	return nil
}

// partial addresses a component to a place of the page, as htmx understands it.
func partial(target, swap string, c templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		if _, err := fmt.Fprintf(w, `<hx-partial hx-target="%s" hx-swap="%s">`, templ.EscapeString(target), templ.EscapeString(swap)); err != nil {
			return err
		}
		if err := c.Render(ctx, w); err != nil {
			return err
		}
		_, err := fmt.Fprint(w, "</hx-partial>")
		return err
	})
}

func fromHTMX(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }

// back leads to the page that a form came from. Only paths of this server are followed.
func back(w http.ResponseWriter, r *http.Request) error {
	to := r.FormValue("back")
	if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n") {
		to = "/"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// environment is the one that a request is about: named by it, else the session's choice, else the default.
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

// personKey is where guard leaves whom the proxy named, in a request's context.
type personKey struct{}

// person is who sent a request: whom the proxy named, else who they said they are.
func (s *Server) person(r *http.Request) access.Person {
	if s.Proxy != nil {
		p, _ := r.Context().Value(personKey{}).(access.Person)
		return p
	}
	return access.Person{Name: s.Sessions.GetString(r.Context(), "name"), Claimed: true, Identity: s.Sessions.GetString(r.Context(), "person")}
}

// may asks whether the person behind a request may do something.
func (s *Server) may(r *http.Request, action access.Action, environment string) error {
	return s.Policy.May(r.Context(), access.Request{Person: s.person(r), Action: action, Environment: environment})
}
