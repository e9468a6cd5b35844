package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"
	"github.com/go-chi/chi/v5"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// edited is what was edited in the runbook of an open run since it began, nil for nothing. p is the procedure as the run has it.
func (s *Server) edited(run *procedures.Run, p *procedures.Procedure) *templates.Edit {
	if run == nil || run.State != procedures.RunOpen {
		return nil
	}
	now := s.newestText(run)
	if now == nil {
		return &templates.Edit{Gone: true}
	}
	if s.isSection(run.Procedure) {
		return &templates.Edit{Within: now.Title}
	}
	if now.Digest == run.Digest {
		return nil
	}
	return editOf(p, now)
}

// editOf compares two texts of a procedure.
func editOf(before, now *procedures.Procedure) *templates.Edit {
	e := &templates.Edit{}
	for _, step := range before.Steps {
		switch other := now.Step(step.ID); {
		case other == nil:
			e.Removed = append(e.Removed, step.Title)
		case other.Source != step.Source || other.Kind != step.Kind || other.Script.Text != step.Script.Text:
			e.Changed = append(e.Changed, step.Title)
		}
	}
	for _, step := range now.Steps {
		if before.Step(step.ID) == nil {
			e.Added = append(e.Added, step.Title)
		}
	}
	if before.Document == nil || now.Document == nil {
		return e
	}
	for _, hunk := range difference(before.Document.Source, now.Document.Source, 0) {
		added, removed := 0, 0
		for _, l := range hunk.Lines {
			switch {
			case strings.TrimSpace(l.Text) == "":
			case l.New > 0 && !inStep(now, l.New):
				added++
			case l.New == 0 && !inStep(before, l.Old):
				removed++
			}
		}
		e.Prose += max(added, removed)
	}
	return e
}

// inStep reports whether a line of a procedure's file is part of a step.
func inStep(p *procedures.Procedure, line int) bool {
	return slices.ContainsFunc(p.Steps, func(s *procedures.Step) bool {
		return line >= s.Line && line < s.Line+max(1, strings.Count(strings.TrimRight(s.Source, "\n"), "\n")+1)
	})
}

// difference is what changed between two texts, with some unchanged lines around each change.
func difference(before, now string, around int) []templates.Hunk {
	unified, err := udiff.ToUnifiedDiff("", "", before, udiff.Lines(before, now), around)
	if err != nil {
		return nil // the edits are those of the text
	}
	var out []templates.Hunk
	for _, h := range unified.Hunks {
		hunk := templates.Hunk{}
		from, to := h.FromLine, h.ToLine
		for _, l := range h.Lines {
			line := templates.EditLine{Text: strings.TrimSuffix(l.Content, "\n")}
			if l.Kind != udiff.Insert {
				line.Old = from
				from++
			}
			if l.Kind != udiff.Delete {
				line.New = to
				to++
			}
			hunk.Lines = append(hunk.Lines, line)
		}
		out = append(out, hunk)
	}
	return out
}

// unchangedAround is how many unchanged lines the page of a difference shows around each change.
const unchangedAround = 3

// showEdited is the page of what was edited in a runbook since a run began.
func (s *Server) showEdited(w http.ResponseWriter, r *http.Request) error {
	run, err := s.reads.Run(r.Context(), chi.URLParam(r, "run"))
	if err != nil {
		return err
	}
	p, err := s.reads.Procedure(r.Context(), run)
	if err != nil {
		return err
	}
	now := s.newestText(run)
	if now == nil || now.Document == nil || p.Document == nil {
		return procedures.Errorf(procedures.CodeNotFound, "%s is not in the runbooks any more: there is nothing to compare with", p.Title)
	}
	for _, text := range []*procedures.Procedure{p, now} {
		if err := s.reads.wholeFile(r.Context(), run.Environment, text); err != nil {
			return err
		}
	}
	f, err := s.frame(r, "What was edited · "+p.Title)
	if err != nil {
		return err
	}
	page := &templates.Edited{Frame: *f, Run: run, Procedure: p, Hunks: difference(p.Document.Source, now.Document.Source, unchangedAround)}
	return render(w, r, http.StatusOK, templates.EditedPage(page))
}
