package web

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// raised is who has broken glass, as the page of somebody shows it.
func (s *Server) raised(ctx context.Context, reader access.Person, here string) []templates.Raised {
	var out []templates.Raised
	for _, r := range s.Glass.All() {
		out = append(out, templates.Raised{
			ID: r.ID, Name: r.Name, Reason: r.Reason, Until: r.Until, Left: leftOf(r, s.Glass.Now()), Here: here,
			Own:    reader.Issuer == r.Issuer && reader.Subject == r.Subject,
			MayEnd: s.Policy.May(ctx, access.Request{Person: reader, Action: access.BreakGlass}) == nil,
		})
	}
	return out
}

// leftOf is how long somebody's effects are raised yet, in whole minutes.
func leftOf(r procedures.Raised, now time.Time) time.Duration {
	return (r.Until.Sub(now) + time.Minute - 1).Truncate(time.Minute)
}

// glassNews is the message that tells a reader's page who has broken glass, where that or the time that is left is not what it was told
// last; nil otherwise.
func (s *Server) glassNews(ctx context.Context, to *reader) []byte {
	if s.Glass == nil {
		return nil
	}
	mark := ""
	for _, r := range s.Glass.All() {
		mark += r.ID + " " + strconv.Itoa(int(leftOf(r, s.Glass.Now()).Minutes())) + "\n"
	}
	if mark == to.glass {
		return nil
	}
	var drawn bytes.Buffer
	banner := templates.Glass(s.raised(ctx, to.person, "/"))
	if err := partial("#glass", "innerHTML", banner).Render(ctx, &drawn); err != nil {
		s.Logger.ErrorContext(ctx, "who has broken glass cannot be drawn", "request", to.request, "error", err)
		return nil
	}
	to.glass = mark
	return message("", drawn.Bytes())
}

// breakGlass raises the effects of whoever asks for an hour, with a reason.
func (s *Server) breakGlass(w http.ResponseWriter, r *http.Request) error {
	if s.Glass == nil {
		return procedures.Errorf(procedures.CodeRefused, "this server has no roles, so there is no glass to break. Nothing was changed")
	}
	if err := s.Glass.Break(r.Context(), s.person(r), r.FormValue("reason")); err != nil {
		return err
	}
	s.recorded(r, "broke glass: "+strings.TrimSpace(r.FormValue("reason")))
	return back(w, r)
}

// endGlass ends what somebody raised before its time: one's own, or another's for who may break glass, too.
func (s *Server) endGlass(w http.ResponseWriter, r *http.Request) error {
	if s.Glass == nil {
		return s.nothing(w, r)
	}
	if err := s.Glass.End(r.Context(), r.FormValue("id"), s.person(r)); err != nil {
		return err
	}
	s.recorded(r, "ended raised effects")
	return back(w, r)
}
