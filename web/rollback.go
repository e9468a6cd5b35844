package web

import (
	"maps"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// changesBefore are the steps before one that change something, the nearest first. They stand before it on the page:
// whether they were executed is not asked.
func changesBefore(p *procedures.Procedure, step *procedures.Step) []*procedures.Step {
	var out []*procedures.Step
	for _, before := range slices.Backward(p.Steps[:slices.Index(p.Steps, step)]) {
		if before.Effect().Changes() {
			out = append(out, before)
		}
	}
	return out
}

// changeBefore is the nearest change before a bake or a verification that was made in the run. It is offered next to one that
// failed, which says that something is wrong but not what was changed. Nil where the step has not failed, and where no earlier
// step of this run was executed to its end. A verification that is older than the change says nothing of it.
func changeBefore(page *templates.RunPage, view *journal.View, step *procedures.Step) *templates.RollbackOffer {
	failed := view.Step(step.ID)
	if failed.Running() || page.Run == nil || step.Effect().Changes() ||
		(step.Bake == nil || failed.Began.IsZero()) && failed.Verdict() != procedures.Failed || failed.Verdict().Exit() == 0 {
		return nil
	}
	for _, before := range changesBefore(page.Procedure, step) {
		v := view.Step(before.ID)
		if v.State != procedures.ExecutionFinished || v.Verdict() == procedures.Skipped {
			continue
		}
		if c := v.Changed; step.Bake == nil && (c == nil || c.RollbackOf == "" && c.At.After(failed.Ended)) {
			return nil
		}
		out := &templates.RollbackOffer{
			Of: &templates.Step{Step: before, StepView: v, Page: page}, NoRollback: "See that step for its rollback.",
		}
		c := changed(page, before, v)
		switch {
		case c == nil:
			if named := before.Annotations.Rollback; named != "" {
				out.NoRollback = "Nothing is known to be changed by it. Its rollback:"
				out.Lines = rollbackLines(page, before, nil)
			}
		// What was rolled back is not offered again.
		case v.Changed.RollbackOf != "" && !v.Changed.Reapplied:
			out.NoRollback = "Rolled back by " + orSomeone(c.By) + "."
		case c.Rollback != "":
			out.Rollback, out.Execution, out.Lines = c.Rollback, c.Execution, rollbackLines(page, before, c.AppliedChanges)
		case c.NoRollback != "":
			out.NoRollback = c.NoRollback
		default:
			for _, change := range v.Changed.Changes {
				if change.NoRollback != "" {
					out.NoRollback = "No rollback: " + strings.TrimSuffix(change.NoRollback, ".") + "."
				}
			}
		}
		return out
	}
	return nil
}

// rollbackLines are the command lines of a rollback with their values filled in, as far as the run knows them: those of the step that
// the runbook names, its own line, else what was computed of the changes, the last change first.
func rollbackLines(page *templates.RunPage, step *procedures.Step, c *journal.AppliedChanges) string {
	named := step.Annotations.Rollback
	if c != nil && c.RollbackOf != "" {
		named = ""
	}
	if other := page.Procedure.Step(named); other != nil {
		named = strings.TrimSpace(other.Script.Text)
	}
	if named != "" {
		return filledIn(page, named)
	}
	var lines []string
	if c != nil {
		for _, change := range slices.Backward(c.Changes) {
			lines = append(lines, change.Rollback...)
		}
	}
	return short(strings.Join(lines, "\n"))
}

// inLine is a parameter in a line of shell: $NAME, ${NAME} or <name>.
var inLine = lazy.Regexp(`\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?|<([A-Za-z][A-Za-z0-9_-]*)>`)

// filledIn is a line of the runbook with the values of the run's parameters and of its environment; secret ones stay as they are
// written.
func filledIn(page *templates.RunPage, line string) string {
	values := maps.Clone(page.Environment.Variables)
	if values == nil {
		values = map[string]string{}
	}
	for _, q := range page.Procedure.Parameters {
		if q.Default != "" && values[q.Name] == "" {
			values[q.Name] = q.Default
		}
	}
	if page.Run != nil {
		maps.Copy(values, page.Run.Parameters)
	}
	return inLine().ReplaceAllStringFunc(line, func(part string) string {
		name := strings.Trim(part, "${}<>")
		if q := page.Procedure.Parameter(name); q != nil && q.Secret || values[name] == "" {
			return part
		}
		return values[name]
	})
}
