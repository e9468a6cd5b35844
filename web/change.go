package web

import (
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// changed is what a step changed last, as its card shows it; nil for nothing. The offers to roll back and to resume
// stand there only while nothing of the step runs.
func changed(page *templates.RunPage, step *procedures.Step, v *journal.StepView) *templates.Changed {
	c := v.Changed
	if c == nil || page.Run == nil {
		return nil
	}
	out := &templates.Changed{AppliedChanges: c, Title: "Changed", Plan: appliedPanel(page, step, c)}
	switch {
	case c.Reapplied:
		out.Title = "Changed again: the rollback was rolled back"
	case c.RollbackOf != "":
		out.Title = "Rolled back"
	}
	if !v.Running() {
		out.Rollback, out.NoRollback = rollbackOf(page, step, c)
		out.CanResume = c.Resumable && page.Run.State == procedures.RunOpen
	}
	return out
}

// appliedPanel is the panel of the calls that were applied, in the order in which the review dialog numbered them:
// their ends may have come in another.
func appliedPanel(page *templates.RunPage, step *procedures.Step, c *journal.AppliedChanges) *templates.PlanPanel {
	out := &templates.PlanPanel{ID: "made-" + c.Execution, Environment: page.Environment, Account: page.Run.Account, Made: true}
	changes := slices.Clone(c.Changes)
	slices.SortFunc(changes, func(a, b procedures.Change) int { return a.PlanNumber - b.PlanNumber })
	for _, change := range changes {
		out.Calls = append(out.Calls, plannedCall(journal.ChangeLine(change), change))
	}
	out.Checks = slices.Concat(settledChecks(changes), warningChecks(changes))
	if named := step.Annotations.Rollback; named != "" && c.RollbackOf == "" {
		if other := page.Procedure.Step(named); other != nil {
			named = other.Title
		} else {
			named = filledIn(page, named)
		}
		out.Checks = append(out.Checks, runbookRollback(named)...)
	} else {
		out.Checks = append(out.Checks, rollbackChecks(changes, "no rollback known")...)
	}
	return out
}

// settledChecks say of changes that were made whether they are stable, and when that was read. A waiter that took
// under a second is called immediate. That a resource could not be read again is a warning only where a command to
// read it is known.
func settledChecks(changes []procedures.Change) []templates.Check {
	var out []templates.Check
	var newest time.Time
	for _, change := range changes {
		name := about(changes, change)
		switch {
		case change.Stable && change.Waits != "" && change.Waited >= time.Second:
			out = append(out, templates.Check{Tone: "pass", Text: name + "stable after " + templates.Took(change.Waited)})
		case change.Stable && change.Waits != "":
			out = append(out, templates.Check{Tone: "pass", Text: name + "stable immediately"})
		case change.Waits == "":
			out = append(out, templates.Check{Tone: "none", Text: name + "not waited for" + because(change.NoWait)})
		default:
			out = append(out, templates.Check{Tone: "warn", Text: name + "not confirmed as stable" + because(change.NoWait)})
		}
		if change.NotRead != "" && change.ReadCommand != "" {
			out = append(out, templates.Check{Tone: "warn", Text: name + "not read again" + because(change.NotRead)})
		} else if change.NotRead == "" && change.ReadAt.After(newest) {
			newest = change.ReadAt
		}
	}
	if !newest.IsZero() {
		out = append(out, templates.Check{Tone: "pass", Text: "read again", At: newest})
	}
	return compacted(out)
}

// rollbackOf says what rolls a change back, or why nothing does. A rollback that the runbook names comes before one
// that was computed, and neither is offered in a finished run. At most one of both texts is set.
func rollbackOf(page *templates.RunPage, step *procedures.Step, c *journal.AppliedChanges) (rollback, none string) {
	named := ""
	if c.RollbackOf == "" {
		named = step.Annotations.Rollback
	}
	hasBack := slices.ContainsFunc(c.Changes, func(change procedures.Change) bool { return len(change.Rollback) > 0 })
	switch other := page.Procedure.Step(named); {
	case named == "" && !hasBack:
		return "", ""
	case page.Run.State != procedures.RunOpen:
		return "", "This run is finished. Reopen it to roll back."
	case other != nil && (other.Kind != procedures.KindScript || other.Annotations.Manual):
		return "", "Rollback is a manual step: “" + other.Title + "”."
	case other != nil:
		return "Rollback: “" + other.Title + "”. You review the plan first.", ""
	case named != "":
		return "Rollback: the command from the runbook. You review the plan first.", ""
	case c.Reapplied || c.RollbackOf != "":
		return "You can roll this back too. You review the plan first.", ""
	}
	return "Rollback restores the previous values. You review the plan first.", ""
}
