package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
	"github.com/opsbook/opsbook/web/templates"
)

// request reads a press. Fields that are not known are refused.
func (s *Server) request(r *http.Request) (runs.Request, error) {
	if err := r.ParseForm(); err != nil {
		return runs.Request{}, procedures.Errorf(procedures.CodeInvalid, "the form could not be read: %w", err)
	}
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
		case "agreed":
			out.Agreed = value
		case "typed":
			out.Typed = value
		case "undo":
			out.Undo = value
		case "continue":
			out.Continue = value
		case "reason":
			out.Reason = value
		case "corrected":
			out.Corrected = value == "true"
		case "with":
			out.With = value == "true"
		case "environment", "back":
		default:
			parameter, ok := strings.CutPrefix(name, "p.")
			if !ok {
				return out, procedures.Errorf(procedures.CodeInvalid, "the field %q is not known; nothing was done", name)
			}
			if value != "" {
				out.Parameters[parameter] = value
			}
		}
	}
	if len(out.Key) > 100 {
		return out, procedures.Errorf(procedures.CodeInvalid, "the press has a wrong key")
	}
	return out, nil
}

// planTime is how long a page waits for what a change would do.
const planTime = 30 * time.Second

// press carries one step out, or asks what has to be asked before.
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
		return s.ask(w, r, request, pressed)
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
	return render(w, r, http.StatusOK, together(partial("#"+step, "outerMorph", templates.StepCard(drawn)), partial("#said", "innerHTML", nothing), partial("#dialog", "innerHTML", nothing)))
}

func (s *Server) confirm(w http.ResponseWriter, r *http.Request, plan *runs.Plan) error {
	c := confirmed(plan)
	c.Procedure, c.Back = r.FormValue("procedure"), r.FormValue("back")
	return s.question(w, r, plan.Step.Title, templates.ConfirmDialog(c))
}

func (s *Server) ask(w http.ResponseWriter, r *http.Request, request runs.Request, pressed *runs.Pressed) error {
	p, _, err := s.Library().Find(request.Procedure)
	if err != nil {
		return err
	}
	a := &templates.Ask{Procedure: p.ID, Step: p.Step(request.Step), Needs: pressed.Needs, Values: map[string]string{}, Corrected: request.Corrected, Key: newKey()}
	for name, values := range r.Form {
		if strings.HasPrefix(name, "p.") || name == "procedure" || name == "environment" || name == "run" || name == "back" {
			a.Values[name] = values[0]
		}
	}
	return s.question(w, r, a.Step.Title, templates.AskDialog(a))
}

// runAll carries out all steps that only read.
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

func (s *Server) cancel(w http.ResponseWriter, r *http.Request) error {
	if err := s.Runs.Cancel(r.Context(), r.FormValue("run"), r.FormValue("step"), s.person(r)); err != nil {
		return err
	}
	return s.done(w, r)
}

func (s *Server) finish(w http.ResponseWriter, r *http.Request) error {
	if err := s.Runs.Finish(r.Context(), r.FormValue("run"), s.person(r)); err != nil {
		return err
	}
	return s.done(w, r)
}

// keep lets a run stay when old ones are deleted, or go with them.
func (s *Server) keep(w http.ResponseWriter, r *http.Request) error {
	if err := s.Runs.Keep(r.Context(), r.FormValue("run"), r.FormValue("kept") == "true", s.person(r)); err != nil {
		return err
	}
	return s.done(w, r)
}

func (s *Server) reopen(w http.ResponseWriter, r *http.Request) error {
	if err := s.Runs.Reopen(r.Context(), r.FormValue("run"), s.person(r)); err != nil {
		return err
	}
	return s.done(w, r)
}

// say takes a tick, a skip or a note.
func (s *Server) say(w http.ResponseWriter, r *http.Request) error {
	e, err := s.environment(r)
	if err != nil {
		return err
	}
	y := runs.Saying{Procedure: r.FormValue("procedure"), Environment: e.Name, Step: r.FormValue("step"), Text: strings.TrimSpace(r.FormValue("text")), By: s.person(r)}
	kinds := map[string]func(context.Context, runs.Saying) (string, error){"tick": s.Runs.Tick, "wait": s.Runs.Wait, "untick": s.Runs.Untick, "skip": s.Runs.Skip, "remark": s.Runs.Remark}
	do, ok := kinds[r.FormValue("kind")]
	if !ok {
		return procedures.Errorf(procedures.CodeInvalid, "the page asked for %q, which is not known", r.FormValue("kind"))
	}
	if _, err := do(r.Context(), y); err != nil {
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

func (s *Server) setFault(w http.ResponseWriter, r *http.Request) error {
	if s.Sandbox == nil {
		return procedures.Errorf(procedures.CodeRefused, "there is no sandbox here")
	}
	return s.changeSandbox(w, r, func(ctx context.Context) error {
		return s.Sandbox.SetFault(ctx, r.FormValue("name"), r.FormValue("on") == "true")
	})
}

func (s *Server) resetSandbox(w http.ResponseWriter, r *http.Request) error {
	if s.Sandbox == nil {
		return procedures.Errorf(procedures.CodeRefused, "there is no sandbox here")
	}
	return s.changeSandbox(w, r, s.Sandbox.Reset)
}

// changeSandbox answers with the panel as it is after the change.
func (s *Server) changeSandbox(w http.ResponseWriter, r *http.Request, change func(context.Context) error) error {
	if err := change(r.Context()); err != nil {
		return err
	}
	if !fromHTMX(r) {
		return back(w, r)
	}
	f, err := s.frame(r, "")
	if err != nil {
		return err
	}
	f.Here = r.FormValue("back")
	return render(w, r, http.StatusOK, templates.Faults(f))
}

func (s *Server) setPreferences(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return procedures.Errorf(procedures.CodeInvalid, "the form could not be read: %w", err)
	}
	ctx := r.Context()
	if name := r.PostFormValue("environment"); name != "" {
		if _, err := s.environment(r); err != nil {
			return err
		}
		s.Sessions.Put(ctx, "environment", name)
	}
	if r.PostForm.Has("name") && s.Proxy == nil {
		s.Sessions.Put(ctx, "name", access.CleanName(r.PostFormValue("name")))
	}
	if theme := r.PostFormValue("theme"); r.PostForm.Has("theme") && (theme == "" || theme == "light" || theme == "dark") {
		s.Sessions.Put(ctx, "theme", theme)
	}
	return back(w, r)
}
