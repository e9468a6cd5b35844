package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Recheck computes again what the confirmed calls would send, reads again what they are about to change, and updates changes, one for each
// of them, as they were shown. Where something differs from what was shown, the result says so and nothing may be applied; otherwise the
// result is empty.
// It is the last check between what a person confirmed and the first changing call. The status is then 1. x.Files should be a copy: the
// script writes into them what it writes before its changes.
func (g *Engine) Recheck(ctx context.Context, x Execution, changes []procedures.Change) Result {
	if differs := g.Deviations(ctx, x); differs != "" {
		return Result{Status: 1, Judgement: procedures.Judgement{
			Verdict: procedures.Errored, Reason: "Not what was approved: " + differs + ". Nothing was changed here.",
			Advice: "Press Run… again and review what it would change now.",
		}}
	}
	if len(changes) == 0 {
		return Result{}
	}
	x = x.closed()
	now := g.Inspect(ctx, x, x.Confirmed)
	if changed := x.Out.Mask().Text(g.differing(x, changes, now)); changed != "" {
		return Result{Status: 1, Judgement: procedures.Judgement{
			Verdict: procedures.Errored, Reason: "Changed since it was shown: " + changed + ". Nothing was changed here.",
			Advice: "Press Run… again and review what it would change now.",
		}}
	}
	// What could be read now is newer, and is what the rollback goes back to.
	for i := range min(len(now), len(changes)) {
		if now[i].NotRead == "" {
			changes[i] = now[i]
		} else if changes[i].NotRead == "" {
			const text = "It could not be read again just before the change: "
			x.Out.Emit(procedures.Event{Kind: procedures.EventNotice, Text: text + now[i].NotRead, Line: x.Step.Line})
		}
	}
	return Result{}
}

// differing says what has become different since the changes were shown, "" for nothing. What could not be read then, or
// cannot be read now, counts as equal: the calls themselves are the confirmed ones.
func (g *Engine) differing(x Execution, shown, now []procedures.Change) string {
	var out []string
	for i := range min(len(now), len(shown)) {
		if shown[i].NotRead != "" || now[i].NotRead != "" {
			continue
		}
		what := cmp.Or(shown[i].Resource, shown[i].Command)
		switch {
		case shown[i].Absent && !now[i].Absent:
			out = append(out, what+" did not exist, and exists now")
		case !shown[i].Absent && now[i].Absent:
			out = append(out, what+" existed, and does not exist now")
		default:
			for _, d := range g.compare(x, x.Confirmed[i], shown[i], now[i]) {
				out = append(out, fmt.Sprintf("%s of %s was %s, and is %s", d.Path, what, journal.OrAbsent(d.Before),
					journal.OrAbsent(d.After)))
			}
		}
	}
	out = slices.Compact(out)
	const most = 4
	if rest := len(out) - most; rest > 1 {
		out = append(out[:most], fmt.Sprintf("and %d more", rest))
	}
	return strings.Join(out, "; ")
}

// compare returns what has become different between two readings. Where the command does not know which members change by
// themselves, only those count that the call would change.
func (g *Engine) compare(x Execution, call procedures.PlannedCall, shown, now procedures.Change) []procedures.Difference {
	if inspector, ok := g.inspector(call); ok {
		if comparer, ok := inspector.(procedures.Comparer); ok {
			return comparer.Compare(invocation(x, call), shown.Before, now.Before)
		}
	}
	predicted := map[string]procedures.Difference{}
	for _, d := range shown.Differences {
		predicted[d.Path] = d
	}
	var out []procedures.Difference
	for _, d := range now.Differences {
		if was, ok := predicted[d.Path]; !ok {
			out = append(out, procedures.Difference{Path: d.Path, Before: d.After, After: d.Before}) // it had the wanted value
		} else if was.Before != d.Before {
			out = append(out, procedures.Difference{Path: d.Path, Before: was.Before, After: d.Before})
		}
		delete(predicted, d.Path)
	}
	for _, d := range shown.Differences {
		if _, missing := predicted[d.Path]; missing { // it has the wanted value already
			out = append(out, procedures.Difference{Path: d.Path, Before: d.Before, After: d.After})
		}
	}
	return out
}
