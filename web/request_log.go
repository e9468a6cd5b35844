package web

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"go.opentelemetry.io/otel/trace"

	"github.com/opsbook/opsbook/internal/access"
)

// requestKey is where logged leaves the request’s note, in its context.
type requestKey struct{}

// requestNote is what the log says of a request. It belongs to the goroutine of its request.
type requestNote struct {
	id      string
	about   []slog.Attr
	asked   access.Request // of the policy, by the route
	refused bool           // a refusal was logged
	answer  *statusWriter
	person  string // who sent it, once that is known
	span    trace.Span
}

// noteOf is the note of a request; nil outside of logged.
func noteOf(r *http.Request) *requestNote {
	n, _ := r.Context().Value(requestKey{}).(*requestNote)
	return n
}

// requestID names a request in the log, and in the header of its answer. It is empty outside of logged. People can
// quote it from the header Opsbook-Request.
func requestID(r *http.Request) string {
	if n, ok := r.Context().Value(requestKey{}).(*requestNote); ok {
		return n.id
	}
	return ""
}

// noted keeps for the log what a request was about, after its form was read. Only names are kept, never values of
// parameters, and nothing longer than 200 bytes: a client chooses what stands in these fields.
func noted(r *http.Request) {
	n, ok := r.Context().Value(requestKey{}).(*requestNote)
	if !ok {
		return
	}
	run := chi.URLParam(r, "run")
	if run == "" {
		run = r.Form.Get("run")
	}
	for _, a := range []slog.Attr{
		slog.String("run", run), slog.String("procedure", r.Form.Get("procedure")), slog.String("step", r.Form.Get("step")),
	} {
		if text := a.Value.String(); text != "" && len(text) <= 200 {
			n.about = append(n.about, a)
		}
	}
}

// logged writes one line a request: presses at level info, the rest at debug or as LogRequests says. It has the route and not
// the address, which may hold values. What is refused is said by guard.
func (s *Server) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		note := &requestNote{id: strings.ToLower(rand.Text()[:10])}
		r = r.WithContext(context.WithValue(r.Context(), requestKey{}, note))
		// It is set before the page runs: afterwards the header is sent.
		w.Header().Set("Opsbook-Request", note.id)
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		note.answer = seen
		r = traced(r, note)
		defer note.span.End() // also of one that is cut off
		began := time.Now()
		next.ServeHTTP(seen, r)
		s.answered(r, note, seen.status, time.Since(began))
	})
}

// answered counts and logs a request. It is apart so that a stream, which lasts, does not keep its frame.
//
// The route is the pattern, not the path: paths would give a metric a label for each run.
//
//go:noinline
func (s *Server) answered(r *http.Request, note *requestNote, status int, took time.Duration) {
	route := "other"
	if c := chi.RouteContext(r.Context()); c != nil && c.RoutePattern() != "" {
		route = c.RoutePattern()
	}
	endRequest(note, methodOf(r), route, status)
	if s.Observer != nil && route != streamPattern { // a stream takes as long as its page is open
		s.Observer.Answered(methodOf(r), route, status, took)
	}
	level := slog.LevelDebug
	if r.Method == http.MethodPost || s.LogRequests {
		level = slog.LevelInfo
	}
	if !s.Logger.Enabled(r.Context(), level) {
		return
	}
	attributes := []slog.Attr{
		slog.String("request", note.id), slog.String("method", methodOf(r)), slog.String("route", route),
		slog.Int("status", status), slog.Duration("took", took), slog.Int64("bytes", note.answer.bytes),
	}
	if note.person != "" {
		attributes = append(attributes, slog.String("person", oneLine(note.person)))
	}
	s.Logger.LogAttrs(r.Context(), level, "a request was answered", append(attributes, note.about...)...)
}

// methodOf bounds what a method may be called. A client may send any token as a method (RFC 9110, 9.1); as labels of
// a metric they would grow without end.
func methodOf(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
		return r.Method
	}
	return "other"
}

// statusWriter remembers the status that was written, how many bytes were, and whether anything was. Streams flush and set deadlines
// through it, with Unwrap.
type statusWriter struct {
	http.ResponseWriter
	status int
	begun  bool
	bytes  int64
}

// Write implements http.ResponseWriter.
func (w *statusWriter) Write(p []byte) (int, error) {
	w.begun = true
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	w.status, w.begun = status, true
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
