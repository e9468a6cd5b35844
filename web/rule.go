package web

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/audit"
	"github.com/opsbook/opsbook/internal/procedures"
)

// rule says who may follow a route. The zero rule lets nobody.
type rule struct {
	audience audience
	action   access.Action // that the policy is asked for; only where the audience is allowed
	about    subjectOf
	// kinds are values of the field kind that need another action.
	kinds map[string]access.Action
	// records is what the audit log says of a request that is allowed; empty for what it does not tell, or what package runs tells.
	records audit.Kind
	// asksName reports that the journal says who did it: a person without a name is asked for one before.
	asksName bool
}

// audience is whom a route is for.
type audience int

// The audiences. All but anybody and scrapers have to call the server by one of its names and to be authenticated.
const (
	refused  audience = iota // everybody
	allowed                  // whom the policy lets
	known                    // who is authenticated; the route tells nothing of runs
	scrapers                 // the networks of Options.MetricsFrom, and whom the policy lets
	anybody                  // from anywhere, by any name; the route tells nothing at all
	lost                     // who is authenticated; others are told that there is nothing
	welcome                  // who is authenticated and, where people sign in here, everybody; the route tells nothing of runs
)

// The rules of routes that tell nothing of runs, and of the numbers.
var (
	open        = rule{audience: known}
	entrance    = rule{audience: welcome}
	probe       = rule{audience: anybody}
	nowhere     = rule{audience: lost}
	metricsPage = rule{audience: scrapers, action: access.View, about: ofNothing}
)

// may is the rule that the policy is asked for an action on what the request is about.
func may(action access.Action, about subjectOf) rule {
	return rule{audience: allowed, action: action, about: about}
}

// named returns the rule for routes whose person the journal names.
func (r rule) named() rule {
	r.asksName = true
	return r
}

// of returns the rule with another action for forms of a kind.
func (r rule) of(kind string, action access.Action) rule {
	r.kinds = maps.Clone(r.kinds)
	if r.kinds == nil {
		r.kinds = map[string]access.Action{}
	}
	r.kinds[kind] = action
	return r
}

// recorded returns the rule for routes whose use is in the audit log.
func (r rule) recorded(kind audit.Kind) rule {
	r.records = kind
	return r
}

// actionOf is what the policy is asked for about a request.
func (r rule) actionOf(q *http.Request) access.Action {
	if len(r.kinds) > 0 {
		if action, ok := r.kinds[q.FormValue("kind")]; ok {
			return action
		}
	}
	return r.action
}

// handler is a route with what its rule demands before its page. Identified, so guarded against other names and
// other sites, is everything but probes and scrapers from their networks. A rule that was forgotten refuses
// everybody.
func (s *Server) handler(t route) http.Handler {
	switch t.rule.audience {
	case allowed:
		return s.identified(t, s.serve(s.permitted(t)))
	case known, lost, welcome:
		return s.identified(t, s.serve(t.read(s)))
	case scrapers:
		person, scraper := s.identified(t, s.serve(s.permitted(t))), s.serve(t.page(s))
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if access.From(r, s.MetricsFrom) {
				scraper.ServeHTTP(w, r)
				return
			}
			person.ServeHTTP(w, r)
		})
	case anybody:
		return s.serve(t.page(s))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, r, http.StatusForbidden, "route", "Nobody may open this address.")
	})
}

// permitted asks the policy, and for a name where the rule says so, before a page is made. Package runs asks again
// about presses, with the effect of the step. Where what the request is about cannot be found, the policy is asked
// about nothing in particular first: only those who may do the action at all learn that a run does not exist, or which
// field is not known.
func (s *Server) permitted(t route) page {
	p := t.page(s)
	return func(w http.ResponseWriter, r *http.Request) error {
		defer noted(r)
		at, missing := t.rule.about(s, r)
		action := t.rule.actionOf(r)
		unseen, isHidden := errors.AsType[*hidden](missing)
		if missing != nil {
			at = subject{}
		}
		if t.rule.audience == scrapers && s.person(r).Token != nil {
			action = access.Metrics
		}
		if n := noteOf(r); n != nil {
			n.asked = access.Request{Action: action, Environment: at.environment, Procedure: at.procedure}
			if isHidden { // the records tell what was not told
				n.asked.Environment, n.asked.Procedure = unseen.at.environment, unseen.at.procedure
			}
		}
		if err := s.may(r, action, at); err != nil {
			s.refused(r, statusOf(err), "policy", err.Error())
			return err
		}
		if err := t.readable(r); err != nil {
			s.refused(r, statusOf(err), "form", err.Error())
			return err
		}
		if missing != nil {
			if isHidden {
				s.refused(r, statusOf(missing), "policy", unseen.why.Error())
			}
			return missing
		}
		if t.rule.records != "" {
			if err := s.record(r, audit.Entry{
				Kind: t.rule.records, Result: "allowed", Environment: at.environment, Procedure: at.procedure, Run: chi.URLParam(r, "run"),
				Text: oneLine(r.URL.RequestURI()),
			}); err != nil {
				return err
			}
		}
		if t.rule.asksName {
			answered, err := s.askName(w, r)
			if answered || err != nil {
				return err
			}
			if r, err = s.identify(r); err != nil { // under the name that was given now
				return err
			}
		}
		return p(w, r)
	}
}

// read is a route's page with the fields that it has: a form with others is refused, as everywhere.
func (t route) read(s *Server) page {
	p := t.page(s)
	if t.fields == "" {
		return p
	}
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := t.readable(r); err != nil {
			s.refused(r, statusOf(err), "form", err.Error())
			return err
		}
		return p(w, r)
	}
}

// personKey is where identify leaves the person, in a request's context.
type personKey struct{}

// identify returns the request with the person whom the authenticator finds.
func (s *Server) identify(r *http.Request) (*http.Request, error) {
	authenticator := s.Authenticator.Authenticate
	if s.fromProgram(r) {
		authenticator = s.Tokens.Authenticate
	}
	p, err := authenticator(r)
	if err != nil {
		return r, err
	}
	ctx := context.WithValue(r.Context(), personKey{}, p)
	return r.WithContext(audit.WithOrigin(ctx, s.originOf(r, p))), nil
}

// person is who sent a request. It is the zero Person outside of identified.
func (s *Server) person(r *http.Request) access.Person {
	p, _ := r.Context().Value(personKey{}).(access.Person)
	return p
}

// hidden is the error of what somebody may not view. It says what is said of what there is not, so that nobody learns that it is there.
type hidden struct {
	error
	at  subject
	why error // for the records
}

// Unwrap returns what is said.
func (h *hidden) Unwrap() error { return h.error }

// noRun is the error of an identifier that no run has.
func noRun(id string) error {
	return procedures.Errorf(procedures.CodeNotFound, "there is no run %s", id)
}

// subject is what a request is about, as the policy is asked. Members are empty where it is about all of them, or none.
type subject struct{ environment, procedure string }

// may asks whether the person behind a request may do something. The error says what to do, and is answered with
// 403. Streams ask before each message, so that somebody who may no longer view is cut off.
func (s *Server) may(r *http.Request, action access.Action, at subject) error {
	return s.Policy.May(r.Context(), access.Request{
		Person: s.person(r), Action: action, Environment: at.environment, Procedure: at.procedure,
	})
}

// subjectOf finds what a request is about, exactly as the route's page does. Its error is shown to those who may do the action at all.
type subjectOf func(*Server, *http.Request) (subject, error)

// ofNothing is for actions that are about no environment, or about what only package runs can find.
func ofNothing(*Server, *http.Request) (subject, error) { return subject{}, nil }

// ofEnvironment is about the environment that the form, the address or the session names.
func ofEnvironment(s *Server, r *http.Request) (subject, error) {
	e, err := s.environment(r)
	return subject{environment: e.Name}, err
}

// ofPath is about the procedure in the address, whose identifier has slashes.
func ofPath(s *Server, r *http.Request) (subject, error) {
	id, err := url.PathUnescape(chi.URLParam(r, "*"))
	if err != nil {
		return subject{}, s.nothing(nil, r)
	}
	at, err := s.procedureNamed(r, id)
	if of, ok := strings.CutSuffix(id, latestRun); err != nil && ok {
		id = of
		at, err = s.procedureNamed(r, id)
	}
	if err != nil && at.environment != "" {
		if run := s.leftOpen(r.Context(), at.environment, id); run != nil {
			at.procedure = run.Procedure
			return at, nil // its run is led to
		}
		if d, _ := s.shelf(r.Context(), at.environment).Document(id); d != nil {
			return at, nil // its page is led to
		}
	}
	return at, err
}

// ofProcedure is about the procedure that the form names.
func ofProcedure(s *Server, r *http.Request) (subject, error) {
	return s.procedureNamed(r, r.FormValue("procedure"))
}

// procedureNamed is a procedure in the request's environment. Any end of its identifier names it.
func (s *Server) procedureNamed(r *http.Request, id string) (subject, error) {
	at, err := ofEnvironment(s, r)
	if err != nil {
		return at, err
	}
	p, err := s.find(r.Context(), at.environment, id)
	if err != nil {
		return at, err
	}
	at.procedure = p.ID
	return at, nil
}

// ofRun is about the procedure and environment of the run in the address.
func ofRun(s *Server, r *http.Request) (subject, error) { return s.runNamed(r, chi.URLParam(r, "run")) }

// ofRunField is about those of the run that the form names.
func ofRunField(s *Server, r *http.Request) (subject, error) {
	return s.runNamed(r, r.FormValue("run"))
}

// runNamed is about what a run is of: that it says itself, whatever else the request names.
func (s *Server) runNamed(r *http.Request, id string) (subject, error) {
	run, err := s.findRun(r.Context(), id)
	if err != nil {
		return subject{}, err
	}
	at := subject{run.Environment, run.Procedure}
	if why := s.may(r, access.View, at); why != nil {
		return subject{}, &hidden{error: noRun(id), at: at, why: why}
	}
	return at, nil
}

// ofPress is about the run that the press names, or begins one of a procedure.
func ofPress(s *Server, r *http.Request) (subject, error) {
	if r.FormValue("run") != "" {
		return ofRunField(s, r)
	}
	return ofProcedure(s, r)
}

// ofStream is about what the page shows that the stream is for: the list, one run, or a procedure.
func ofStream(s *Server, r *http.Request) (subject, error) {
	q := r.URL.Query()
	switch {
	case q.Get("home") == "true":
		return ofEnvironment(s, r)
	case q.Get("fixed") == "true":
		return s.runNamed(r, q.Get("run"))
	}
	return s.procedureNamed(r, q.Get("procedure"))
}
