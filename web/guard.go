package web

import (
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// maxBody bounds what a request may send, in bytes: a form of parameters.
const maxBody = 4 << 20

// policy is the content security policy of all pages: nothing runs but our own files, nothing is sent elsewhere.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https:; font-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// careful tells browsers to be careful with every answer.
func careful(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		// An output that looks like HTML stays text (Fetch, “X-Content-Type-Options”).
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// identified serves next to people who are authenticated. It refuses what a browser was tricked into, and loads the
// session. Its order matters: the name of the server, then the origin, then the session, then the person. A name
// that is not one of ours gets 421 (RFC 9110, 15.5.20), before any cookie is read: DNS rebinding would make the
// browser send it.
func (s *Server) identified(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection() // https://pkg.go.dev/net/http#CrossOriginProtection
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "Refused: the request came from a page of another site. Nothing was done.", http.StatusForbidden)
	}))
	inner := cross.Handler(s.sessions(s.authenticated(next)))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !s.host(r.Host):
			http.Error(w, "This server does not answer to that name. Start it with --host to allow it.", http.StatusMisdirectedRequest)
			return
		// An opaque origin, such as a sandboxed frame, is sent as null (Fetch, “Origin header”).
		case r.Header.Get("Origin") == "null" && r.Method != http.MethodGet && r.Method != http.MethodHead:
			http.Error(w, "Refused: the request came from a page without an origin. Nothing was done.", http.StatusForbidden)
			return
		}
		// A longer one gives 413, see statusOf.
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		inner.ServeHTTP(w, r)
	})
}

// authenticated asks the authenticator who sent the request. What it refuses is logged with the peer’s address and
// answered as plain text: a page would show somebody who is not known the names of runbooks.
func (s *Server) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		known, err := s.identify(r)
		if err != nil {
			s.Logger.WarnContext(r.Context(), "a request was refused", "request", requestID(r), "peer", r.RemoteAddr, "error", err)
			http.Error(w, sentence(err), http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, known)
	})
}

// metrics serves what is counted, where the server was started with it. Without it the address answers as one that
// does not exist.
func (s *Server) metrics(w http.ResponseWriter, r *http.Request) error {
	if s.Metrics == nil {
		return s.nothing(w, r)
	}
	s.Metrics.ServeHTTP(w, r)
	return nil
}

// sessions loads and saves a request's session. Its cookie is for HTTPS only where the browser speaks that. Behind
// HTTPS a browser is told to stay there for a year (RFC 6797). The flag cannot be set for all: on loopback the
// portal speaks HTTP, over which a Secure cookie need not come back (RFC 6265, 5.4).
func (s *Server) sessions(next http.Handler) http.Handler {
	confidential := *s.Sessions // with the same key in the context
	confidential.Cookie.Secure = true
	plain, tls := s.Sessions.LoadAndSave(next), confidential.LoadAndSave(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.Authenticator.Secure(r) {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000")
			tls.ServeHTTP(w, r)
			return
		}
		plain.ServeHTTP(w, r)
	})
}

// host reports whether a Host header names this server: a website whose name was pointed at loopback does not.
func (s *Server) host(host string) bool {
	if slices.Contains(s.Hosts, host) {
		return true
	}
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.Trim(name, "[]")
	if slices.Contains(s.Hosts, name) {
		return true
	}
	if !s.Loopback {
		return false
	}
	ip := net.ParseIP(name)
	return name == "localhost" || ip != nil && ip.IsLoopback()
}

// nothing is the page of an address without one.
func (s *Server) nothing(http.ResponseWriter, *http.Request) error {
	return procedures.Errorf(procedures.CodeNotFound, "There is no page at this address. The runbook may have been renamed")
}

// wrongMethod answers a known address that is called with another method, with 405.
func (s *Server) wrongMethod(w http.ResponseWriter, _ *http.Request) error {
	http.Error(w, "This address does not take that method.", http.StatusMethodNotAllowed)
	return nil
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
