package web

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
	"github.com/opsbook/opsbook/web/templates"
)

// request reads a press. Fields that are not known are refused.
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
	if len(out.Key) > 100 {
		return out, procedures.Errorf(procedures.CodeInvalid, "the key of the press is too long")
	}
	return out, nil
}

// planTime is how long a page waits for what a change would do.
const planTime = 30 * time.Second

// press runs one step, or answers with the dialog that comes before: a review, or the steps that it needs.
func (s *Server) press(w http.ResponseWriter, r *http.Request) error {
	request, err := s.request(r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), planTime)
	defer cancel()
	pressed, err := s.Runs.Press(ctx, request)
	if err != nil {
		return err
	}
	switch {
	case pressed.Plan != nil:
		return s.confirm(w, r, pressed.Plan)
	case pressed.Needs != nil:
		return s.needs(w, r, request, pressed)
	case r.Header.Get("Opsbook-Live") == "true": // its stream tells, and an answer could come too late
		return render(w, r, http.StatusOK, together(partial("#said", "innerHTML", nothing), partial("#dialog", "innerHTML", nothing)))
	case fromHTMX(r):
		return s.card(w, r, pressed.Run, request.Step)
	}
	return back(w, r)
}

// card answers a press on a page without a stream with the step as it is now.
func (s *Server) card(w http.ResponseWriter, r *http.Request, run, step string) error {
	page, err := s.runPage(r, run)
	if err != nil {
		return err
	}
	page.Fixed = r.FormValue("run") != ""
	page.Here = r.FormValue("back")
	drawn := page.Steps[step]
	if drawn == nil {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return render(w, r, http.StatusOK, together(partial("#"+step, "outerMorph", templates.StepCard(drawn)),
		partial("#said", "innerHTML", nothing), partial("#dialog", "innerHTML", nothing)))
}

// runAll runs all steps that only read.
func (s *Server) runAll(w http.ResponseWriter, r *http.Request) error {
	request, err := s.request(r)
	if err != nil {
		return err
	}
	if _, err := s.Runs.RunAll(r.Context(), request); err != nil {
		return err
	}
	return s.done(w, r)
}

// done answers what the stream will show.
func (s *Server) done(w http.ResponseWriter, r *http.Request) error {
	if fromHTMX(r) {
		return render(w, r, http.StatusOK, together(partial("#said", "innerHTML", nothing), partial("#dialog", "innerHTML", nothing)))
	}
	return back(w, r)
}

// newKey identifies the next press of a card that is drawn now.
func newKey() string { return rand.Text() }
