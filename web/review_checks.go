package web

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
	"github.com/opsbook/opsbook/web/templates"
)

// unknownChecks say that a value is only known when a change was made.
func unknownChecks(plan *runs.Plan) []templates.Check {
	if !slices.ContainsFunc(plan.Calls, func(c procedures.PlannedCall) bool { return c.Unknown }) {
		return nil
	}
	return []templates.Check{
		{Tone: "wait", Text: "a value is known only after a change before it. Calls that need it wait; you review them then"},
	}
}

// permissionChecks say of each IAM action once whether it may be done. A nil Allowed is a permission that is not
// known, which is no reason to refuse. The order is that of the calls.
func permissionChecks(plan *runs.Plan) []templates.Check {
	who := "this identity"
	if i := strings.LastIndex(plan.Identity, "/"); i >= 0 {
		who = plan.Identity[i+1:]
	}
	var out []templates.Check
	seen := map[string]bool{}
	for _, change := range plan.Changes {
		for _, p := range change.Permissions {
			if seen[p.Action] {
				continue
			}
			seen[p.Action] = true
			check := templates.Check{Code: p.Action}
			switch {
			case p.Allowed == nil:
				check.Tone, check.Text, check.More = "none", "not known for "+who+":", because(p.Reason)
			case *p.Allowed:
				check.Tone, check.Text, check.More = "pass", "allowed for "+who+":", ""
			default:
				check.Tone, check.Text, check.More = "fail", "denied for "+who+":", because(p.Reason)
			}
			out = append(out, check)
		}
	}
	return out
}

// otherChecks name the changes that run now on the same resources: this one waits for them. Only changes in Opsbook
// are known: what the console or a pipeline does shows in the reading before the change.
func otherChecks(plan *runs.Plan) []templates.Check {
	if len(plan.Concurrent) == 0 {
		return []templates.Check{{Tone: "pass", Text: "nobody else is changing " + whatChanges(plan.Changes) + " in Opsbook"}}
	}
	out := make([]templates.Check, 0, len(plan.Concurrent))
	for _, o := range plan.Concurrent {
		out = append(out, templates.Check{
			Tone: "wait", Text: orSomeone(o.By) + " is changing it now: " + o.Step + ", " + o.Title,
			URL: "/runs/" + o.Run, More: ". This change waits until that ends",
		})
	}
	return out
}

// whatChanges is the resource of the only change, in words.
func whatChanges(changes []procedures.Change) string {
	if len(changes) == 1 && changes[0].Resource != "" {
		return changes[0].Resource
	}
	return "these resources"
}

// readChecks say when it was read what changes, or why not. The age is that of the oldest description, because the
// plan is as old as that.
func readChecks(plan *runs.Plan) []templates.Check {
	var oldest time.Time
	var out []templates.Check
	for i, change := range plan.Changes {
		if i < len(plan.Calls) && plan.Calls[i].Unknown {
			continue // unknownChecks says so
		}
		if change.NotRead != "" {
			tone := "warn"
			if change.ReadCommand == "" {
				tone = "none" // there is nothing to read
			}
			out = append(out, templates.Check{Tone: tone, Text: about(plan.Changes, change) + "not read" + because(change.NotRead)})
		} else if !change.ReadAt.IsZero() && (oldest.IsZero() || change.ReadAt.Before(oldest)) {
			oldest = change.ReadAt
		}
	}
	if !oldest.IsZero() {
		read := templates.Check{
			Tone: "pass", Text: "read", At: oldest, More: "· read again just before the change, which stops if anything differs",
		}
		out = append([]templates.Check{read}, out...)
	}
	for _, change := range plan.Changes {
		switch {
		case change.Waits != "":
			out = append(out, templates.Check{
				Tone: "none", Text: about(plan.Changes, change) + "then " + strings.TrimSuffix(change.Waits, "."),
			})
		case change.NoWait != "":
			out = append(out, templates.Check{Tone: "none", Text: about(plan.Changes, change) + "not waited for" + because(change.NoWait)})
		}
	}
	return compacted(out)
}

// namedRollback is the rollback that the runbook names, else those of the changes.
func namedRollback(plan *runs.Plan) []templates.Check {
	if plan.Rollback != "" && plan.RollbackOf == "" {
		return runbookRollback(plan.Rollback)
	}
	return rollbackChecks(plan.Changes, "the rollback is known after the change")
}

// runbookRollback is the rollback as the runbook names it: a step or a command.
func runbookRollback(way string) []templates.Check {
	return []templates.Check{{Tone: "pass", Text: "rollback from the runbook:", Code: way}}
}

// rollbackChecks say how a change is undone, or why it cannot be; unsaid stands where neither is known. A computed
// rollback is a command, shown up to maxDifference letters.
func rollbackChecks(changes []procedures.Change, unsaid string) []templates.Check {
	var out []templates.Check
	for _, change := range changes {
		switch {
		case len(change.Rollback) > 0:
			out = append(out, templates.Check{
				Tone: "pass", Text: about(changes, change) + "rollback:", Code: short(strings.Join(change.Rollback, "\n")),
			})
		case change.NoRollback != "":
			out = append(out, templates.Check{Tone: "warn", Text: about(changes, change) + "no rollback" + because(change.NoRollback)})
		default:
			out = append(out, templates.Check{Tone: "none", Text: about(changes, change) + unsaid})
		}
	}
	return compacted(out)
}

// warningChecks are what the service says of a change beforehand.
func warningChecks(changes []procedures.Change) []templates.Check {
	var out []templates.Check
	for _, change := range changes {
		for _, w := range change.Warnings {
			out = append(out, templates.Check{Tone: "warn", Text: w})
		}
	}
	return compacted(out)
}

// compacted leaves out what is said twice, and the rest of very many. At most 12 stay, and a row that counts the
// others; one alone is not worth it.
func compacted(checks []templates.Check) []templates.Check {
	const most = 12
	var out []templates.Check
	for _, c := range checks {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	if rest := len(out) - most; rest > 1 {
		out = append(out[:most], templates.Check{Tone: "none", Text: fmt.Sprintf("and %d more like these", rest)})
	}
	return out
}

// about names a change's resource where there are several.
func about(changes []procedures.Change, change procedures.Change) string {
	if len(changes) < 2 || change.Resource == "" {
		return ""
	}
	return change.Resource + ": "
}

// because is a reason after what it explains.
func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + strings.TrimSuffix(reason, ".")
}
