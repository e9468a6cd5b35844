package web

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
	"github.com/opsbook/opsbook/web/templates"
)

// request reads a press. Fields that are not known are refused. A field with an unknown name may be a misspelt
// parameter, without which a step would do something else. Only the first value of a field counts; an empty
// parameter is one that was not given.
func (s *Server) request(r *http.Request) (runs.Request, error) {
	e, err := s.environment(r)
	if err != nil {
		return runs.Request{}, err
	}
	out := runs.Request{Environment: e.Name, By: s.person(r), Parameters: map[string]string{}}
	for name, values := range r.Form {
		value := values[0]
		switch name {
		case "procedure":
			out.Procedure = value
		case "step":
			out.Step = value
		case "section":
			out.Section = value
		case "run":
			out.Run = value
		case "key":
			out.Key = value
		case "seen":
			out.Seen = value
		case "confirmed":
			out.Confirmed = value
		case "typed":
			out.Typed = value
		case "rollback":
			out.Rollback = value
		case "resume":
			out.Resume = value
		case "reason":
			out.Reason = value
		case "corrected":
			out.Corrected = value == "true"
		case "with":
			out.WithEarlier = value == "true"
		case "environment", "back":
		default:
			parameter, ok := strings.CutPrefix(name, "p.")
			if !ok {
				return out, procedures.Errorf(procedures.CodeInvalid, "unknown field %q. Nothing was done", name)
			}
			if value != "" {
				out.Parameters[parameter] = value
			}
		}
	}
	// A card’s key makes a press that is sent twice one press.
	if len(out.Key) > 100 {
		return out, procedures.Errorf(procedures.CodeInvalid, "the key of the press is too long")
	}
	return out, nil
}

// press runs one step, or answers with the dialog that comes before: a review, or the steps that it needs. Nothing
// was begun where it answers with a dialog. Without a script the dialog is a page, and the answer to a press leads
// back (303) to the page of the step.
func (s *Server) press(w http.ResponseWriter, r *http.Request) error {
	request, err := s.request(r)
	if err != nil {
		return err
	}
	ctx, cancel := r.Context(), func() {}
	if request.Confirmed == "" { // what was confirmed may be kept already when a time is over: nothing may be said of it then
		ctx, cancel = context.WithTimeout(ctx, limits.HTTPPlanTime.Time())
	}
	defer cancel()
	pressed, err := s.presses.Press(ctx, request)
	if err != nil && ctx.Err() != nil && r.Context().Err() == nil {
		return limits.HTTPPlanTime.Reached()
	}
	if err != nil {
		return err
	}
	switch {
	case pressed.Plan != nil:
		return s.confirm(w, r, pressed.Plan)
	case pressed.Needs != nil:
		return s.needs(w, r, request, pressed)
	// live.js sends the header while messages arrive.
	case r.Header.Get("Opsbook-Live") == "true": // its stream tells, and an answer could come too late
		return render(w, r, http.StatusOK, together(partial("#said", "innerHTML", nothing), partial("#dialog", "innerHTML", nothing)))
	case fromHTMX(r):
		return procedures.Afterwards("the press is recorded", s.card(w, r, pressed.Run, request.Step))
	}
	return back(w, r)
}

// card answers a press on a page without a stream with the step as it is now. The card shows the step as it is when
// the answer is drawn: it may just wait. 204 leaves the page as it is (RFC 9110, 15.3.5).
func (s *Server) card(w http.ResponseWriter, r *http.Request, run, step string) error {
	page, err := s.runPage(r, run)
	if err != nil {
		return err
	}
	page.Fixed = r.FormValue("run") != ""
	page.Here = here(r.FormValue("back"))
	drawn := page.Steps[step]
	if drawn == nil {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return render(w, r, http.StatusOK, together(partial("#"+step, "outerMorph", templates.StepCard(drawn)),
		partial("#said", "innerHTML", nothing), partial("#dialog", "innerHTML", nothing)))
}

// runAll runs all steps that only read. It stops before the first step that makes changes: those are reviewed one by
// one.
func (s *Server) runAll(w http.ResponseWriter, r *http.Request) error {
	request, err := s.request(r)
	if err != nil {
		return err
	}
	if _, err := s.presses.RunAll(r.Context(), request); err != nil {
		return err
	}
	return s.done(w, r)
}

// done answers what the stream will show. htmx gets two empty parts: the message and the dialog go. Others are led
// back with 303, so that loading the page again does not post again.
func (s *Server) done(w http.ResponseWriter, r *http.Request) error {
	if fromHTMX(r) {
		return render(w, r, http.StatusOK, together(partial("#said", "innerHTML", nothing), partial("#dialog", "innerHTML", nothing)))
	}
	return back(w, r)
}

// newKey identifies the next press of a card that is drawn now. A page that is loaded again has another, and with it
// another press.
func newKey() string { return rand.Text() }
