package web

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// Bounds of a table on a page.
const (
	maxColumns = 9
	maxRows    = 200
	maxCell    = 200 // letters
)

// tableOf makes a table of answers: the longest list of objects in them gives a row each; answers
// without a list give one row each of what they say. Nil when there is nothing to show.
func tableOf(documents []document.Value) *templates.Table {
	var rows []*document.Object
	for _, d := range documents {
		o, ok := d.(*document.Object)
		if !ok {
			continue
		}
		if list := mainList(o); list != nil {
			rows = append(rows, list...)
		} else if single := mainObject(o); single != nil {
			rows = append(rows, single)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	columns := columnsOf(rows)
	if len(columns) == 0 {
		return nil
	}
	t := &templates.Table{Columns: columns}
	for i, row := range rows {
		if i == maxRows {
			t.More = len(rows) - maxRows
			break
		}
		cells := make([]templates.Cell, len(columns))
		for k, name := range columns {
			v, _ := row.Get(name)
			cells[k] = cell(v)
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

// findingsOf makes a table of what the calls found out about things, the worst first: of the kind of thing that most was
// judged of. Nil where nothing was found out. Where a step has expectations, what they made of a call counts in place of
// the usual reading of its rows.
func findingsOf(calls []procedures.Call) *templates.Table {
	var all []procedures.ResourceVerdict
	for i := range calls {
		all = append(all, expected(&calls[i])...)
	}
	kind, rows := mainKind(procedures.JoinResourceVerdicts(all))
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
			if fact.Value != "" && !slices.Contains(facts, fact.Name) {
				facts = append(facts, fact.Name)
			}
		}
	}
	told := slices.ContainsFunc(rows, func(f procedures.ResourceVerdict) bool { return f.Verdict != "" && f.Verdict != procedures.Info })
	if t.Judged = judged; told {
		t.Columns = append(t.Columns, "Verdict")
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
		row = append(row, templates.Cell{Text: shorten(visible(f.Name))})
		for _, name := range facts {
			var c templates.Cell
			for _, fact := range f.Facts {
				if fact.Name == name {
					c = templates.Cell{Text: shorten(visible(fact.Value)), Number: fact.Number}
				}
			}
			row = append(row, c)
		}
		if reasoned {
			row = append(row, templates.Cell{Text: shorten(visible(f.Reason))})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// expected are the findings of a call as the step's expectations see them.
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

// mainKind is the kind that most findings with a verdict are of, else the one with most.
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
	return best, slices.DeleteFunc(all, func(f procedures.ResourceVerdict) bool { return f.Kind != best })
}

// mainList is the longest list of objects among the members of an answer.
func mainList(o *document.Object) []*document.Object {
	var best []*document.Object
	for _, value := range o.All() {
		list, ok := value.(document.List)
		if !ok {
			continue
		}
		var objects []*document.Object
		for _, item := range list {
			if object, ok := item.(*document.Object); ok {
				objects = append(objects, object)
			}
		}
		if len(objects) > len(best) {
			best = objects
		}
	}
	return best
}

// mainObject is the object that an answer is about: itself, or the one in it that says more.
func mainObject(o *document.Object) *document.Object {
	best, most := o, scalars(o)
	for _, value := range o.All() {
		if inner, ok := value.(*document.Object); ok && scalars(inner) > most {
			best, most = inner, scalars(inner)
		}
	}
	if most == 0 {
		return nil
	}
	return best
}

func scalars(o *document.Object) int {
	n := 0
	for _, value := range o.All() {
		if isScalar(value) {
			n++
		}
	}
	return n
}

func isScalar(v document.Value) bool {
	switch v.(type) {
	case *document.Object, document.List, nil:
		return false
	}
	return true
}

// columnsOf chooses the columns: members that are scalars, names and states first, long identifiers last.
func columnsOf(rows []*document.Object) []string {
	var order []string
	seen := map[string]int{}
	for _, r := range rows[:min(len(rows), 50)] {
		for key, value := range r.All() {
			if !isScalar(value) {
				continue
			}
			if seen[key] == 0 {
				order = append(order, key)
			}
			seen[key]++
		}
	}
	var first, second, last []string
	for _, name := range order {
		lower := strings.ToLower(name)
		switch {
		case strings.HasSuffix(lower, "name") && !strings.Contains(lower, "namespace") || lower == "key" || strings.HasSuffix(lower, "identifier"):
			first = append(first, name)
		case strings.HasSuffix(lower, "arn") || strings.Contains(lower, "sha256") || strings.HasSuffix(lower, "token") || strings.HasSuffix(lower, "hash"):
			last = append(last, name)
		default:
			second = append(second, name)
		}
	}
	columns := append(append(first, second...), last...)
	return columns[:min(len(columns), maxColumns)]
}

func cell(v document.Value) templates.Cell {
	switch v := v.(type) {
	case nil:
		return templates.Cell{}
	case string:
		return templates.Cell{Text: shorten(visible(v))}
	case bool:
		return templates.Cell{Text: strconv.FormatBool(v)}
	case *document.Object, document.List:
		return templates.Cell{}
	}
	data, err := document.AppendJSON(nil, v, "", true)
	if err != nil {
		return templates.Cell{Text: fmt.Sprint(v)}
	}
	return templates.Cell{Text: string(data), Number: true}
}

func shorten(text string) string {
	if letters := []rune(text); len(letters) > maxCell {
		return string(letters[:maxCell]) + "…"
	}
	return text
}
