package runs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

// again reads again what calls would change, just before they are made, and returns what it read and what has become different
// since the question was shown, in words; "" for nothing. What could not be read then, or cannot be now, is no difference: the
// calls themselves are those that were agreed to.
func (g *Engine) again(ctx context.Context, c Carry, shown []procedures.Change) (now []procedures.Change, changed string) {
	now = g.Inspect(ctx, c, c.Agreed)
	var out []string
	for i := range min(len(now), len(shown)) {
		if shown[i].NotRead != "" || now[i].NotRead != "" {
			continue
		}
		what := shown[i].Resource
		if what == "" {
			what = shown[i].Command
		}
		switch {
		case shown[i].Absent && !now[i].Absent:
			out = append(out, what+" was not there, and is now")
		case !shown[i].Absent && now[i].Absent:
			out = append(out, what+" was there, and is not now")
		default:
			for _, d := range g.compare(c, c.Agreed[i], shown[i], now[i]) {
				out = append(out, fmt.Sprintf("%s of %s was %s, and is %s", d.Path, what, journal.OrAbsent(d.Before), journal.OrAbsent(d.After)))
			}
		}
	}
	out = slices.Compact(out)
	const most = 4
	if rest := len(out) - most; rest > 1 {
		out = append(out[:most], fmt.Sprintf("and %d more", rest))
	}
	return now, strings.Join(out, "; ")
}

// compare returns what has become different between two readings. Of a command that does not know what changes by itself only
// those members count that the call would change.
func (g *Engine) compare(c Carry, call procedures.PlannedCall, shown, now procedures.Change) []procedures.Difference {
	if inspector, ok := g.inspector(call); ok {
		if comparer, ok := inspector.(procedures.Comparer); ok {
			return comparer.Compare(invocation(c, call), shown.Before, now.Before)
		}
	}
	foretold := map[string]procedures.Difference{}
	for _, d := range shown.Differences {
		foretold[d.Path] = d
	}
	var out []procedures.Difference
	for _, d := range now.Differences {
		if was, ok := foretold[d.Path]; !ok {
			out = append(out, procedures.Difference{Path: d.Path, Before: d.After, After: d.Before}) // it was as it is wanted
		} else if was.Before != d.Before {
			out = append(out, procedures.Difference{Path: d.Path, Before: was.Before, After: d.Before})
		}
		delete(foretold, d.Path)
	}
	for _, d := range shown.Differences {
		if _, missing := foretold[d.Path]; missing { // it is as it is wanted already
			out = append(out, procedures.Difference{Path: d.Path, Before: d.Before, After: d.After})
		}
	}
	return out
}
