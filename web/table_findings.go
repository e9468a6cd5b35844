package web

import (
	"slices"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// findingsOf makes a table of what the calls found out about things, the worst first: of all that were judged, else of the kind that
// most was told of. Nil where nothing was found out. Where a step has expectations, what they made of a call counts in
// place of the usual reading of its rows. Columns are the facts that any row has, in the order in which they are met
// first; things of several kinds share none, and say what they are. The column of verdicts is left out where all are only told of.
func findingsOf(calls []procedures.Call) *templates.Table {
	var all []procedures.ResourceVerdict
	for i := range calls {
		all = append(all, expected(&calls[i])...)
	}
	joined := procedures.JoinResourceVerdicts(all)
	kind, rows := mainKind(joined)
	mixed := judgedKinds(joined) > 1
	if mixed { // a table of one kind would keep quiet about a failure of another
		rows = slices.DeleteFunc(slices.Clone(joined), func(f procedures.ResourceVerdict) bool { return f.Verdict == "" })
		kind = "Name"
	}
	if len(rows) == 0 {
		return nil
	}
	slices.SortStableFunc(rows, func(a, b procedures.ResourceVerdict) int {
		return slices.Index(procedures.Verdicts, a.Verdict) - slices.Index(procedures.Verdicts, b.Verdict)
	})
	t := &templates.Table{}
	judged := slices.ContainsFunc(rows, func(f procedures.ResourceVerdict) bool { return f.Verdict != "" })
	reasoned := slices.ContainsFunc(rows, func(f procedures.ResourceVerdict) bool { return f.Reason != "" })
	var facts []string
	for _, f := range rows {
		for _, fact := range f.Facts {
			if !mixed && fact.Value != "" && !slices.Contains(facts, fact.Name) {
				facts = append(facts, fact.Name)
			}
		}
	}
	told := slices.ContainsFunc(rows, func(f procedures.ResourceVerdict) bool { return f.Verdict != "" && f.Verdict != procedures.Info })
	if t.Judged = judged; told {
		t.Columns = append(t.Columns, "Verdict")
	}
	if mixed {
		t.Columns = append(t.Columns, "What")
	}
	t.Columns = append(append(t.Columns, kind), facts...)
	if reasoned {
		t.Columns = append(t.Columns, "Why")
	}
	t.More = max(0, len(rows)-maxRows)
	for _, f := range rows[:len(rows)-t.More] {
		var row []templates.Cell
		if told {
			c := templates.Cell{Verdict: f.Verdict}
			if f.Verdict == procedures.Info { // of a thing that is only told of there is nothing to say
				c.Verdict = ""
			}
			row = append(row, c)
		}
		if mixed {
			row = append(row, templates.Cell{Text: f.Kind})
		}
		row = append(row, templates.Cell{Text: shorten(templates.Visible(f.Name))})
		for _, name := range facts {
			var c templates.Cell
			for _, fact := range f.Facts {
				if fact.Name == name {
					c = templates.Cell{Text: shorten(templates.Visible(fact.Value)), Number: fact.Number}
				}
			}
			row = append(row, c)
		}
		if reasoned {
			row = append(row, templates.Cell{Text: shorten(templates.Visible(f.Reason))})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// expected are the findings of a call as the step's expectations see them. One resource takes the verdict as it is.
// Of several, those that were fine stay so, as an expectation on the whole answer does not say which of them it is
// about; those that were not get the expectation’s.
func expected(c *procedures.Call) []procedures.ResourceVerdict {
	j := c.Judgement
	if j == nil {
		return c.ResourceVerdicts
	}
	out := slices.Clone(c.ResourceVerdicts)
	for i := range out {
		switch f := &out[i]; {
		case len(out) == 1:
			f.Verdict = j.Verdict
		case f.Verdict == procedures.Failed || f.Verdict == procedures.Warned:
			if f.Verdict = procedures.Info; j.Verdict == procedures.Failed || j.Verdict == procedures.Warned {
				f.Verdict = j.Verdict
			}
		}
	}
	return out
}

// judgedKinds counts the kinds of things of which more is known than that they are there.
func judgedKinds(all []procedures.ResourceVerdict) int {
	kinds := map[string]bool{}
	for _, f := range all {
		if f.Verdict != "" && f.Verdict != procedures.Info {
			kinds[f.Kind] = true
		}
	}
	return len(kinds)
}

// mainKind is the kind that most findings with a verdict are of, else the one with most. One with a verdict weighs
// more than all without.
func mainKind(all []procedures.ResourceVerdict) (string, []procedures.ResourceVerdict) {
	count, order := map[string]int{}, []string{}
	for _, f := range all {
		if !slices.Contains(order, f.Kind) {
			order = append(order, f.Kind)
		}
		if count[f.Kind]++; f.Verdict != "" {
			count[f.Kind] += len(all)
		}
	}
	best := ""
	for _, kind := range order {
		if count[kind] > count[best] {
			best = kind
		}
	}
	return best, slices.DeleteFunc(slices.Clone(all), func(f procedures.ResourceVerdict) bool { return f.Kind != best })
}
