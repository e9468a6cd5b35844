package web

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// export is a run as it is handed out, from its journal and what the runs before it found.
func (s *Server) export(r *http.Request) (*templates.Export, error) {
	ctx := r.Context()
	e, err := s.reads.Evidence(ctx, chi.URLParam(r, "run"))
	if err != nil {
		return nil, err
	}
	view, err := s.reads.View(ctx, e.Run.ID) // the evidence has no answers
	if err != nil {
		return nil, err
	}
	earlier, err := s.earlier(ctx, e.Run.Environment, e.Procedure, e.Run)
	if err != nil {
		return nil, err
	}
	out := &templates.Export{
		Run: e.Run, Procedure: e.Procedure, People: e.People, Address: s.origin(r) + "/runs/" + e.Run.ID,
		Standing: standing(e.Run, e.Procedure, view), Timeline: view.Timeline, Values: map[string]string{},
	}
	for name, value := range e.Run.Parameters {
		if q := parameterOf(e.Procedure, name); q == nil || !q.Secret {
			out.Values[name] = value
		}
	}
	for i, step := range e.Procedure.Steps {
		out.Steps = append(out.Steps, exported(step, i+1, view.Step(step.ID), earlier[step.ID]))
	}
	return out, nil
}

func parameterOf(p *procedures.Procedure, name string) *procedures.Parameter {
	for i := range p.Parameters {
		if p.Parameters[i].Name == name {
			return &p.Parameters[i]
		}
	}
	return nil
}

// exported is a step as it is handed out.
func exported(step *procedures.Step, number int, v *journal.StepView, e *templates.Earlier) templates.ExportStep {
	out := templates.ExportStep{Step: step, StepView: v, Number: number}
	found, ok := journal.FoundBy(step, v)
	if ok && e != nil && e.Run != nil {
		out.Different = templates.DifferentFrom(e.Run, journal.Compare(e.Good, found))
	}
	return out
}

// showMarkdown is a run as Markdown, for a ticket or a post-mortem. It is a file to be kept: a browser does not show it as a page of
// this server.
func (s *Server) showMarkdown(w http.ResponseWriter, r *http.Request) error {
	return s.handOut(w, r, "text/markdown; charset=utf-8", "md", func(b *bytes.Buffer, x *templates.Export) error {
		b.WriteString(x.Markdown())
		return nil
	})
}

// showJSON is a run as JSON: what the Markdown says, for machines.
func (s *Server) showJSON(w http.ResponseWriter, r *http.Request) error {
	return s.handOut(w, r, "application/json", "json", func(b *bytes.Buffer, x *templates.Export) error {
		to := json.NewEncoder(b)
		to.SetIndent("", "  ")
		to.SetEscapeHTML(false)
		return to.Encode(x.Document())
	})
}

// handOut answers with a run as a file.
func (s *Server) handOut(
	w http.ResponseWriter, r *http.Request, kind, end string, write func(*bytes.Buffer, *templates.Export) error,
) error {
	done, err := s.download(w, r)
	if err != nil {
		return err
	}
	defer done()
	x, err := s.export(r)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := write(&b, x); err != nil {
		return err
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", "attachment; filename=run-"+x.Run.ID+"."+end)
	_, _ = w.Write(b.Bytes()) // a reader that has gone is no error
	return nil
}
