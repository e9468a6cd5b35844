package web

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"github.com/go-chi/chi/v5"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// showCompare compares a run, step by step, with another one of the same procedure: the one that began first is what there was before,
// whichever the address names first.
func (s *Server) showCompare(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	with := r.URL.Query().Get("with")
	if with == "" {
		return procedures.Errorf(procedures.CodeInvalid, "with= names the run to compare with. Choose two runs in the history")
	}
	one, err := s.reads.Run(ctx, chi.URLParam(r, "run"))
	if err != nil {
		return err
	}
	other, err := s.reads.Run(ctx, with)
	if err != nil {
		return err
	}
	if s.namesOfProcedure(one.Procedure)[0] != s.namesOfProcedure(other.Procedure)[0] {
		return procedures.Errorf(procedures.CodeInvalid,
			"run %s is of %s, and run %s is of %s. Only runs of one procedure can be compared", one.ID, one.Title, other.ID, other.Title)
	}
	before, after := other, one
	if before.StartedAt.After(after.StartedAt) {
		before, after = after, before
	}
	e, err := s.environment(r)
	if err != nil {
		return err
	}
	f, err := s.frameIn(r, e, "Compare two runs of "+after.Title)
	if err != nil {
		return err
	}
	page := &templates.Compare{Frame: *f, Before: templates.Compared{Run: before}, After: templates.Compared{Run: after}}
	if err := s.compare(ctx, page); err != nil {
		return err
	}
	page.Current = s.namesOfProcedure(after.Procedure)[0]
	page.Description = page.Says() + " · " + e.Name
	return render(w, r, http.StatusOK, templates.ComparePage(page))
}

// side reads one side of a comparison.
func (s *Server) side(ctx context.Context, c *templates.Compared) (view *journal.View, err error) {
	if c.Procedure, err = s.reads.Procedure(ctx, c.Run); err != nil {
		return nil, err
	}
	if view, err = s.reads.View(ctx, c.Run.ID); err != nil {
		return nil, err
	}
	c.Standing = standing(c.Run, c.Procedure, view)
	return view, nil
}

// compare fills in what is different: the values, and each step of either text.
func (s *Server) compare(ctx context.Context, page *templates.Compare) error {
	before, err := s.side(ctx, &page.Before)
	if err != nil {
		return err
	}
	after, err := s.side(ctx, &page.After)
	if err != nil {
		return err
	}
	page.Values = differentValues(page.Before.Run, page.After)
	for i, step := range page.After.Procedure.Steps {
		page.Steps = append(page.Steps, comparedStep(step, i+1, before.Step(step.ID), after.Step(step.ID)))
	}
	for _, step := range page.Before.Procedure.Steps {
		if page.After.Procedure.Step(step.ID) == nil {
			page.Steps = append(page.Steps, comparedStep(step, 0, before.Step(step.ID), after.Step(step.ID)))
		}
	}
	return nil
}

// differentValues are the values of parameters that are others. Those of secret ones are kept nowhere, and not compared.
func differentValues(before *procedures.Run, after templates.Compared) []journal.Difference {
	var out []journal.Difference
	names := maps.Clone(before.Parameters)
	if names == nil {
		names = map[string]string{}
	}
	maps.Copy(names, after.Run.Parameters)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		was, had := before.Parameters[name]
		is, has := after.Run.Parameters[name]
		if i := slices.IndexFunc(after.Procedure.Parameters, func(q procedures.Parameter) bool { return q.Name == name }); was == is ||
			i >= 0 && after.Procedure.Parameters[i].Secret {
			continue
		}
		d := journal.Difference{Kind: journal.Changed, Path: name, Before: was, After: is}
		switch {
		case !had || was == "":
			d.Kind = journal.Appeared
		case !has || is == "":
			d.Kind = journal.Gone
		}
		out = append(out, d)
	}
	return out
}

// comparedStep is a step in both runs. What it found is compared where it ended in both.
func comparedStep(step *procedures.Step, number int, before, after *journal.StepView) templates.ComparedStep {
	out := templates.ComparedStep{Step: step, Number: number, Before: sideOf(before), After: sideOf(after)}
	was, had := journal.FoundBy(step, before)
	is, has := journal.FoundBy(step, after)
	if had && has {
		out.Differences = journal.Compare(was, is)
	}
	return out
}

// sideOf is what a step came to in a run.
func sideOf(v *journal.StepView) templates.StepSide {
	out := templates.StepSide{Verdict: v.Verdict(), Reason: v.Judged().Reason, Took: v.Duration, Running: v.Running()}
	if v.Done() || v.Skipped() {
		out.Reason, out.Took = v.Mark.Text, 0
	}
	return out
}
