package web

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// contentPolicy is the content security policy of all pages: nothing runs but our own files, nothing is sent elsewhere,
// and images come from here or from the hosts that are given.
func contentPolicy(imageHosts []string) string {
	images := "'self'"
	for _, host := range imageHosts {
		images += " https://" + host
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src " + images + "; font-src 'self'; connect-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}

// careful tells browsers to be careful with every answer.
func (s *Server) careful(next http.Handler) http.Handler {
	policy := contentPolicy(s.ImageHosts)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		// An output that looks like HTML stays text (Fetch, “X-Content-Type-Options”).
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		// Answers hold what an account said: no cache keeps them (RFC 9111, 5.2.2.5) but where a handler says otherwise.
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// identified serves next to people who are authenticated. It refuses what a browser was tricked into, and loads the
// session. Its order matters: the address of the server, then the origin, then the session, then the person, then the
// body, then the turn. An address that is not ours gets 421 (RFC 9110, 15.5.20), before any cookie is read: DNS
// rebinding would make the browser send it. Of somebody who is not known no body is read.
func (s *Server) identified(t route, next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection() // https://pkg.go.dev/net/http#CrossOriginProtection
	turn := s.inWork(next)
	if t.pattern == streamPattern {
		turn = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if isStream(r) {
				next.ServeHTTP(w, r)
				return
			}
			s.inWork(next).ServeHTTP(w, r)
		})
	}
	inner := s.sessions(s.authenticated(t, s.taken(turn)))
	program := s.ofProgram(t, s.taken(s.inWork(next)))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.fromProgram(r) {
			program.ServeHTTP(w, r)
			return
		}
		wrong := s.misdirected(r)
		switch {
		case wrong != nil:
			s.lead(w, r, wrong)
			return
		// An opaque origin, such as a sandboxed frame, is sent as null (Fetch, “Origin header”).
		case r.Header.Get("Origin") == "null" && r.Method != http.MethodGet && r.Method != http.MethodHead:
			s.refuse(w, r, http.StatusForbidden, "origin", "Refused: the request came from a page without an origin. Nothing was done.")
			return
		case cross.Check(r) != nil:
			s.refuse(w, r, http.StatusForbidden, "origin", "Refused: the request came from a page of another site. Nothing was done.")
			return
		}
		inner.ServeHTTP(w, r)
	})
}

// authenticated asks the authenticator who sent the request. What it refuses is answered as plain text: a page would
// show somebody who is not known the names of runbooks. Where there is no page, they are told just that.
func (s *Server) authenticated(t route, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if t.unattended() {
			r = r.WithContext(access.Unattended(r.Context()))
		}
		known, err := s.identify(r)
		switch {
		case isSignedOut(err) && t.rule.audience == welcome:
			next.ServeHTTP(w, r)
		case isSignedOut(err) && t.rule.audience != lost:
			s.stranger(w, r, t)
		case procedures.CodeOf(err) == procedures.CodeUnavailable:
			w.Header().Set("Retry-After", "2")
			s.say(w, r, http.StatusServiceUnavailable, sentence(err))
		case err != nil && t.rule.audience == lost:
			s.refused(r, http.StatusNotFound, "identity", sentence(err))
			http.Error(w, "Not found.", http.StatusNotFound)
		case err != nil:
			s.refuse(w, r, http.StatusForbidden, "identity", sentence(err))
		default:
			if n := noteOf(r); n != nil {
				n.person = s.person(known).Name
			}
			next.ServeHTTP(w, known)
		}
	})
}

// metrics serves what is counted, where the server was started with it. Without it the address answers as one that
// does not exist.
func (s *Server) metrics(w http.ResponseWriter, r *http.Request) error {
	if s.Metrics == nil {
		return s.nothing(w, r)
	}
	if s.person(r).Token == nil { // its scope was asked for
		if err := s.mayViewAll(r); err != nil {
			return err
		}
	}
	s.Metrics.ServeHTTP(w, r)
	return nil
}

// nothing is the error of an address that a route matches, and whose page is not there.
func (s *Server) nothing(http.ResponseWriter, *http.Request) error {
	return procedures.Errorf(procedures.CodeNotFound, "There is no page at this address. The runbook may have been renamed")
}

// noPage answers what no route matches. Its page has no lists: whoever asks for addresses that there never were is not
// told what there is.
func (s *Server) noPage(w http.ResponseWriter, r *http.Request) error {
	const text = "There is no page at this address. The runbook may have been renamed."
	s.refused(r, http.StatusNotFound, "route", text)
	if fromHTMX(r) {
		return render(w, r, http.StatusNotFound, partial("#said", "innerHTML", templates.Said(text)))
	}
	return render(w, r, http.StatusNotFound, templates.LostPage(&templates.Lost{
		Head: heads[http.StatusNotFound], Text: text, Assets: s.assets.version, Theme: s.Sessions.GetString(r.Context(), "theme"),
	}))
}

// wrongMethod answers a known address that is called with another method, with 405 and those that it takes (RFC 9110,
// 15.5.6).
func (s *Server) wrongMethod(w http.ResponseWriter, r *http.Request) error {
	var takes []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		if s.router.Match(chi.NewRouteContext(), method, pathOf(r)) {
			takes = append(takes, method)
		}
	}
	w.Header().Set("Allow", strings.Join(takes, ", "))
	if navigates(r) {
		const text = "It takes what a button of a page sends. Nothing was done."
		s.refused(r, http.StatusMethodNotAllowed, "method", text)
		return render(w, r, http.StatusMethodNotAllowed, templates.LostPage(&templates.Lost{
			Head: "This address is not a page", Text: text, Assets: s.assets.version, Theme: s.Sessions.GetString(r.Context(), "theme"),
		}))
	}
	s.refuse(w, r, http.StatusMethodNotAllowed, "method", "This address does not take that method.")
	return nil
}

// pathOf is a request's path as the router goes by it.
func pathOf(r *http.Request) string {
	switch {
	case r.URL.RawPath != "":
		return r.URL.RawPath
	case r.URL.Path == "":
		return "/"
	}
	return r.URL.Path
}

// health answers as long as the process runs: it asks nobody. An orchestrator restarts what fails here: a database
// that is away is no reason for that, see ready.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) error {
	_, err := w.Write([]byte("ok\n"))
	return err
}

// ready answers whether the server can work. The reason is only logged: anybody may ask. A load balancer sends
// requests elsewhere on 503. It needs neither a session nor a name of the server.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) error {
	if err := s.Ready(r.Context()); err != nil {
		s.Logger.WarnContext(r.Context(), "not ready", "error", err)
		w.WriteHeader(http.StatusServiceUnavailable)
		_, err := w.Write([]byte("not ready\n"))
		return err
	}
	_, err := w.Write([]byte("ready\n"))
	return err
}
