package web

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/opsbook/opsbook/internal/limits"
)

// sessionSeen is when a session was stored last, in seconds, in the session.
const sessionSeen = "seen"

// sessionRefresh is how old that may be before a session that is used is stored again, with a new end.
const sessionRefresh = time.Hour

// sessions loads a request's session, and keeps it where it has changed. A session is stored only where it holds
// something. Its cookie is for HTTPS only where the browser speaks that, and then has the prefix __Host-: a neighbour
// under the same domain cannot set it (RFC 6265bis, 4.1.3.2). Behind HTTPS a browser is told to stay there for a year
// (RFC 6797). The flag cannot be set for all: on loopback the portal speaks HTTP, over which a Secure cookie need not
// come back (RFC 6265, 5.4).
func (s *Server) sessions(next http.Handler) http.Handler {
	confidential := *s.Sessions // with the same key in the context
	confidential.Cookie.Secure, confidential.Cookie.Path, confidential.Cookie.Domain = true, "/", ""
	confidential.Cookie.Name = "__Host-" + s.Sessions.Cookie.Name
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		manager := s.Sessions
		if s.Authenticator.Secure(r) {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000")
			manager = &confidential
		}
		w.Header().Add("Vary", "Cookie")
		token := ""
		if cookie, err := r.Cookie(manager.Cookie.Name); err == nil {
			token = cookie.Value
		}
		ctx, err := manager.Load(r.Context(), token)
		if err == nil {
			err = refresh(ctx, manager)
		}
		if err != nil {
			s.unkept(w, r, "Nothing was done. ", err)
			return
		}
		r = r.WithContext(context.WithValue(ctx, sessionKey{}, &sessionNote{}))
		out := &sessionWriter{ResponseWriter: w, save: func(w http.ResponseWriter) bool { return s.saveSession(w, r, manager) }}
		next.ServeHTTP(out, r)
		out.saved()
	})
}

// refresh stores a session again that is in use, and ends one that was not used for too long.
func refresh(ctx context.Context, manager *scs.SessionManager) error {
	if manager.Token(ctx) == "" {
		return nil
	}
	seen := time.Unix(manager.GetInt64(ctx, sessionSeen), 0)
	switch age := time.Since(seen); {
	case seen.Unix() != 0 && age > limits.SessionIdleTime.Time()+sessionRefresh:
		return manager.Destroy(ctx)
	case age > sessionRefresh:
		manager.Put(ctx, sessionSeen, time.Now().Unix())
	}
	return nil
}

// sessionKey is where sessions leaves what is known of a request's session, in its context.
type sessionKey struct{}

// sessionNote belongs to the goroutine of its request.
type sessionNote struct {
	asked   bool
	refused error // why a new session is not kept
	wanted  bool  // keeping it is what the request is for
}

// wantSession says that a request is for nothing but what its session keeps: where that fails, so does the request.
func wantSession(r *http.Request) {
	if note, ok := r.Context().Value(sessionKey{}).(*sessionNote); ok {
		note.wanted = true
	}
}

// maySession reports as an error that the request's session is new, and its address may begin no more of them.
func (s *Server) maySession(r *http.Request) error {
	note, ok := r.Context().Value(sessionKey{}).(*sessionNote)
	if !ok || s.Sessions.Token(r.Context()) != "" {
		return nil
	}
	if !note.asked {
		note.asked = true
		note.refused = s.begun.add(s.payer(r), time.Now())
	}
	return note.refused
}

// saveSession stores a session that has changed, before the head of the answer is sent. It reports whether the answer
// may go on: where the session cannot be kept and the request was for nothing else, it has answered so.
func (s *Server) saveSession(w http.ResponseWriter, r *http.Request, manager *scs.SessionManager) bool {
	ctx := r.Context()
	switch manager.Status(ctx) {
	case scs.Destroyed:
		manager.WriteSessionCookie(ctx, w, "", time.Time{})
	case scs.Modified:
		keys := manager.Keys(ctx)
		if manager.Token(ctx) == "" {
			if len(keys) == 0 {
				return true
			}
			if err := s.maySession(r); err != nil {
				s.refused(r, http.StatusTooManyRequests, "sessions", err.Error()) // what was asked for is done all the same
				return true
			}
			manager.Put(ctx, sessionSeen, time.Now().Unix())
		} else if len(keys) == 0 || len(keys) == 1 && keys[0] == sessionSeen {
			if err := manager.Destroy(ctx); err != nil {
				return s.unsaved(w, r, err)
			}
			manager.WriteSessionCookie(ctx, w, "", time.Time{})
			return true
		}
		token, expiry, err := manager.Commit(ctx)
		if err != nil {
			return s.unsaved(w, r, err)
		}
		manager.WriteSessionCookie(ctx, w, token, expiry)
	}
	return true
}

// unsaved is what becomes of an answer whose session could not be kept. What was asked for is done by now, and the answer
// says so; a browser that is not known next time gives its name once more.
func (s *Server) unsaved(w http.ResponseWriter, r *http.Request, err error) bool {
	if note, ok := r.Context().Value(sessionKey{}).(*sessionNote); ok && note.wanted {
		s.unkept(w, r, "Your name, environment and theme could not be kept. ", err)
		return false
	}
	s.Logger.WarnContext(r.Context(), "a session could not be kept", "request", requestID(r), "error", err)
	return true
}

// unkept answers a request whose session cannot be read or kept. Retry-After names seconds (RFC 9110, 10.2.3).
func (s *Server) unkept(w http.ResponseWriter, r *http.Request, what string, err error) {
	s.Logger.WarnContext(r.Context(), "a session could not be read or kept", "request", requestID(r), "error", err)
	w.Header().Set("Retry-After", "2")
	s.say(w, r, http.StatusServiceUnavailable, what+sentence(err))
}

// sessionWriter saves the session before the head of the answer is sent.
type sessionWriter struct {
	http.ResponseWriter
	save         func(http.ResponseWriter) bool
	done, failed bool
}

// saved saves once, and reports whether the answer goes on.
func (w *sessionWriter) saved() bool {
	if !w.done {
		w.done = true
		w.failed = !w.save(w.ResponseWriter)
	}
	return !w.failed
}

// WriteHeader implements http.ResponseWriter.
func (w *sessionWriter) WriteHeader(status int) {
	if w.saved() {
		w.ResponseWriter.WriteHeader(status)
	}
}

// Write implements http.ResponseWriter.
func (w *sessionWriter) Write(p []byte) (int, error) {
	if !w.saved() {
		return len(p), nil // the client was told why
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (w *sessionWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// sessionRate counts sessions that began, by whom they are counted for. The zero one counts nothing yet.
type sessionRate struct {
	mu   sync.Mutex
	of   map[string]*beginner
	tidy time.Time
}

// beginner is one address, or one person who is signed in.
type beginner struct {
	left  float64   // how many may begin at once
	at    time.Time // when that was counted
	count int       // since since
	since time.Time
}

// add counts one more session of somebody at a moment, or says which bound it would break.
func (b *sessionRate) add(who string, now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.of == nil {
		b.of = map[string]*beginner{}
	}
	most := limits.SessionsAtOnce.Value
	filled := time.Duration(most) * limits.SessionInterval.Time()
	if now.Sub(b.tidy) > filled { // who is full again, and has few, is as good as unknown
		b.tidy = now
		for name, x := range b.of {
			if now.Sub(x.since) > limits.SessionIdleTime.Time() {
				delete(b.of, name)
			}
		}
	}
	x := b.of[who]
	if x == nil || now.Sub(x.since) > limits.SessionIdleTime.Time() {
		x = &beginner{left: float64(most), at: now, since: now}
		b.of[who] = x
	}
	x.left = min(float64(most), x.left+now.Sub(x.at).Seconds()/limits.SessionInterval.Time().Seconds())
	x.at = now
	switch {
	case x.count >= limits.SessionsOfAddress.Size():
		return limits.SessionsOfAddress.Reached()
	case x.left < 1:
		return limits.SessionsAtOnce.Reached()
	}
	x.left--
	x.count++
	return nil
}
