package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
	"github.com/opsbook/opsbook/web/templates"
)

// planPanel is the panel of a change that is asked about. Of a plan with more than maxRead calls the resources’
// descriptions are left out; the differences stay.
func planPanel(plan *runs.Plan) *templates.PlanPanel {
	out := &templates.PlanPanel{
		ID: "guard-" + plan.Execution, Environment: plan.Environment, Account: plan.Account, Identity: plan.Identity,
	}
	for i, call := range plan.Calls {
		change := procedures.Change{}
		if i < len(plan.Changes) {
			change = plan.Changes[i]
		}
		if len(plan.Calls) > maxRead {
			change.Before = nil
		}
		drawn := plannedCall(journal.PlannedLine(call), change)
		drawn.Does, drawn.Effect, drawn.Unknown = orElse(change.Does, call.Does), call.Effect, call.Unknown
		out.Calls = append(out.Calls, drawn)
	}
	if len(plan.Calls) > 0 {
		out.Checks = slices.Concat(unknownChecks(plan), permissionChecks(plan), otherChecks(plan), readChecks(plan),
			namedRollback(plan), warningChecks(plan.Changes))
	}
	return out
}

// plannedCall draws a call with what it changes. Where a resource goes as a whole, rows would say of each member
// that it goes: the panel says it once.
func plannedCall(line string, change procedures.Change) templates.PlannedCall {
	out := templates.PlannedCall{
		Words: emphasised(line, change.Differences), Does: change.Does, Resource: change.Resource,
		ReadCommand: change.ReadCommand, NotRead: strings.TrimSuffix(change.NotRead, "."),
		ReadAt: change.ReadAt, Same: change.Same, Absent: change.Absent,
	}
	out.Gone = goes(change)
	for i, d := range change.Differences {
		if out.Gone {
			break
		}
		if i == maxDifferences {
			out.More = len(change.Differences) - i
			break
		}
		out.Rows = append(out.Rows, templates.DifferenceRow{Path: d.Path, Before: short(d.Before), After: short(d.After)})
	}
	if change.Before != nil {
		out.Before = jsonOf([]document.Value{change.Before})
	}
	return out
}

// maxRead is of how many calls a question shows all that was read.
const maxRead = 10

// goes reports whether all that was read of a resource goes with a change. It is so where nothing stays the same and
// no difference has a value after the change.
func goes(change procedures.Change) bool {
	return len(change.Differences) > 0 && change.Same == 0 && !slices.ContainsFunc(change.Differences, func(d procedures.Difference) bool {
		return d.After != ""
	})
}

// maxDifferences bounds a table of differences, in rows.
const maxDifferences = 40

// maxDifference bounds a value in a table of differences, in letters.
const maxDifference = 300

// short bounds a value by maxDifference.
func short(value string) string {
	value = templates.Visible(value)
	if letters := []rune(value); len(letters) > maxDifference {
		return string(letters[:maxDifference]) + "…"
	}
	return value
}

// pieceOf matches what stands between the signs that separate values on a command line.
var pieceOf = lazy.Regexp(`[^\s=,:;"'{}\[\]]+|[\s=,:;"'{}\[\]]+`)

// emphasised takes a line apart so that the values stand out which will be different. Only whole pieces are
// compared: a value with spaces or separators in it does not stand out. Neighbours of one kind are joined.
func emphasised(line string, differences []procedures.Difference) []templates.CallWord {
	var values []string
	for _, d := range differences {
		if d.After != "" {
			values = append(values, d.After)
		}
	}
	var out []templates.CallWord
	for _, piece := range pieceOf().FindAllString(templates.Visible(line), -1) {
		// what stands for a value that is not known yet
		changed := slices.Contains(values, piece) || strings.HasPrefix(piece, "KNOWN-WHEN-CALL-")
		if n := len(out); n > 0 && out[n-1].Changed == changed {
			out[n-1].Text += piece
			continue
		}
		out = append(out, templates.CallWord{Text: piece, Changed: changed})
	}
	return out
}

// orElse is text, or other where it is empty.
func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// reviewOf is what is asked before a change, without where it leads back to. It is drawn for the review dialog, and
// for the approver on the card.
func reviewOf(plan *runs.Plan) *templates.Review {
	return &templates.Review{
		Plan: planPanel(plan), Environment: plan.Environment, Step: plan.Step, Execution: plan.Execution,
		Effect: plan.Effect, Type: plan.Type, RollsBack: plan.RollbackOf != "", Against: plan.FailedBefore, Approvals: plan.Approvals,
	}
}

// confirm answers a press with the review dialog of its plan.
func (s *Server) confirm(w http.ResponseWriter, r *http.Request, plan *runs.Plan) error {
	c := reviewOf(plan)
	c.Procedure, c.Back = r.FormValue("procedure"), here(r.FormValue("back"))
	return s.dialog(w, r, plan.Step.Title, templates.ReviewDialog(c))
}
