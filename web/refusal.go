package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"unicode"

	"github.com/go-chi/chi/v5"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/web/templates"
)

// What the security log tells of. Each event has the same attributes, whatever is empty: see docs/operating.md.
const (
	eventRefused  = "refused"  // a request that was not done, with the rule that it broke
	eventRecorded = "recorded" // something that a person did and no run's journal tells
)

// refuse answers a request that is not done, and logs it. The text is plain, or a message on the page for htmx: a
// whole page would show somebody who is not known the names of runbooks, and costs what bounds save.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, status int, rule, text string) {
	s.refused(r, status, rule, text)
	s.say(w, r, status, text)
}

// say answers with a text and nothing around it.
func (s *Server) say(w http.ResponseWriter, r *http.Request, status int, text string) {
	if _, known := r.Context().Value(personKey{}).(access.Person); known && fromHTMX(r) {
		if err := render(w, r, status, partial("#said", "innerHTML", templates.Said(text))); err == nil {
			return
		}
	}
	http.Error(w, text, status)
}

// refused logs a refusal: who, from where, what, and which rule. It is logged once, by whoever knows the rule best.
func (s *Server) refused(r *http.Request, status int, rule, reason string) {
	if n := noteOf(r); n != nil {
		if n.refused {
			return
		}
		n.refused = true
	}
	s.logSecurity(r, slog.LevelWarn, "a request was refused", eventRefused, status, rule, reason)
	asked := access.Request{}
	if n := noteOf(r); n != nil {
		asked = n.asked
	}
	s.recordRefusal(r, asked, rule, reason)
}

// recorded logs what a person did where no journal of a run tells it.
func (s *Server) recorded(r *http.Request, what string) {
	s.logSecurity(r, slog.LevelInfo, "an action was recorded", eventRecorded, http.StatusOK, "", what)
}

// logSecurity writes one event of the security log.
func (s *Server) logSecurity(r *http.Request, level slog.Level, text, event string, status int, rule, reason string) {
	if s.Logger == nil || !s.Logger.Enabled(r.Context(), level) {
		return
	}
	person, asked := s.person(r), access.Request{}
	if n := noteOf(r); n != nil {
		asked = n.asked
	}
	run := chi.URLParam(r, "run")
	if run == "" {
		run = r.Form.Get("run")
	}
	route := "other"
	if c := chi.RouteContext(r.Context()); c != nil && c.RoutePattern() != "" {
		route = c.RoutePattern()
	}
	attributes := []slog.Attr{slog.String("event", event), slog.Int("status", status)}
	for _, a := range [][2]string{
		{"rule", rule}, {"reason", reason}, {"request", requestID(r)}, {"method", methodOf(r)}, {"route", route},
		{"path", r.URL.EscapedPath()}, {"host", r.Host}, {"peer", r.RemoteAddr}, {"address", s.address(r)},
		{"person", person.Name}, {"issuer", person.Issuer}, {"subject", subjectOfLog(person)},
		{"action", string(asked.Action)}, {"environment", asked.Environment}, {"procedure", asked.Procedure}, {"run", run},
	} {
		attributes = append(attributes, slog.String(a[0], oneLine(a[1])))
	}
	s.Logger.LogAttrs(context.WithoutCancel(r.Context()), level, text, attributes...)
}

// subjectOfLog is what tells people apart in the log. That of a session would not: it is a secret of the browser's as
// long as approvals go by it, so that its beginning stands for it.
func subjectOfLog(p access.Person) string {
	if p.Issuer == access.IssuerSession && len(p.Subject) > 6 {
		return p.Subject[:6] + "…"
	}
	return p.Subject
}

// maxLogged bounds one value of the log, in bytes. A client chooses most of them.
const maxLogged = 300

// oneLine makes a value fit for a line of any log: control characters, and what changes the direction of text, are
// written as numbers.
func oneLine(text string) string {
	cut := len(text) > maxLogged
	if cut {
		text = text[:maxLogged]
	}
	var b strings.Builder
	for _, c := range strings.ToValidUTF8(text, "\uFFFD") {
		if c == ' ' || unicode.IsPrint(c) {
			b.WriteRune(c)
			continue
		}
		fmt.Fprintf(&b, `\u%04x`, c)
	}
	if cut {
		b.WriteString("…")
	}
	return b.String()
}

// address is where a request comes from, as far as that may be believed: the peer, or whom a trusted proxy names.
func (s *Server) address(r *http.Request) string {
	if a, ok := s.Authenticator.(interface{ Address(r *http.Request) string }); ok {
		return a.Address(r)
	}
	return access.PeerOf(r)
}
