package web

import (
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/web/templates"
)

// step draws one step from the view of a run. It is called for pages and, with the hub’s lock held, for streams.
// Each drawing has a key of its own, for the press that may come from it.
func (s *Server) step(page *templates.RunPage, view *journal.View, step *procedures.Step, number int) *templates.Step {
	v := view.Step(step.ID)
	out := &templates.Step{Step: step, StepView: v, Page: page, Number: number, Key: newKey(), View: "text", Console: s.Console}
	out.Outcome = changed(page, step, v)
	if step.Source != "" && (step.Kind == procedures.KindScript || step.Why != "") {
		out.Highlighted = runbook.Highlight(step.Language, strings.TrimRight(step.Source, "\n"))
	}
	if v.Request != nil {
		out.Approval = s.approvalOf(page, v)
	}
	out.Fixable = slices.ContainsFunc(step.Findings, func(m procedures.Finding) bool {
		return m.Severity == procedures.SeverityError && m.Corrected != ""
	})
	if conditions := journal.OpenConditions(view, page.Procedure, step); len(conditions) > 0 {
		out.Waits = "Waiting for " + numbered(page.Procedure, conditions) + " to be " + doneBy(conditions) + "."
	} else if err := journal.Ready(view, page.Procedure, step); err != nil {
		out.Waits = sentence(err)
	}
	out.BakeState, out.Before = bakeState(view, step), changeBefore(page, view, step)
	if v.State == procedures.ExecutionFinished {
		s.results(out, v)
	}
	compared(out, page.Earlier[step.ID])
	return out
}

// doneBy is how tasks are done: marked by a person, or run where a block of commands does it.
func doneBy(tasks []*procedures.Step) string {
	byHand := func(s *procedures.Step) bool { return s.Kind == procedures.KindManual }
	switch i := slices.IndexFunc(tasks, byHand); {
	case i < 0:
		return "run"
	case slices.ContainsFunc(tasks, func(s *procedures.Step) bool { return !byHand(s) }):
		return "run or marked as done"
	}
	return "marked as done"
}

// numbered names steps by their numbers on the page: "step 3 (Announce it)", "steps 1, 2 and 5".
func numbered(p *procedures.Procedure, steps []*procedures.Step) string {
	numbers := make([]string, len(steps))
	for i, step := range steps {
		numbers[i] = strconv.Itoa(slices.Index(p.Steps, step) + 1)
	}
	last := len(numbers) - 1
	if last == 0 {
		return "step " + numbers[0] + " (" + steps[0].Title + ")"
	}
	return "steps " + strings.Join(numbers[:last], ", ") + " and " + numbers[last]
}

// orSomeone is a name as the pages show it: people may press without one.
func orSomeone(name string) string {
	if name == "" {
		return "someone"
	}
	return name
}

// results draws what the calls of a finished step answered. The view that is shown first is the one that the runbook
// asks for, where the answers have it; else the chart, else the table where it is judged or nothing was printed,
// else the text.
func (s *Server) results(out *templates.Step, v *journal.StepView) {
	var documents []document.Value
	for _, c := range v.Calls {
		if c.Document != nil {
			documents = append(documents, c.Document)
		}
	}
	out.Chart = chartOf(v.Calls)
	if out.Table = findingsOf(v.Calls); out.Table == nil {
		out.Table = tableOf(documents)
	}
	out.JSON = jsonOf(documents)
	views := out.Views()
	out.View = out.Annotations.Show
	if out.View == "value" {
		out.View = "text"
	}
	switch {
	case slices.Contains(views, out.View):
	case out.Chart != nil && out.BakeState == nil: // what a bake watched is drawn above
		out.View = "chart"
	case out.Table != nil && (out.Table.Judged || len(v.Output.Pieces) == 0):
		out.View = "table"
	default:
		out.View = "text"
	}
}
