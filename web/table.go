package web

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/web/templates"
)

// Bounds of a table on a page.
const (
	maxColumns = 9
	maxRows    = 200
	maxCell    = 200 // letters
)

// tableOf makes a table of answers: the longest list of objects in them gives a row each; answers without a list
// give one row each of what they say. Nil when there is nothing to show. Answers of several calls share the columns.
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

// mainList is the longest list of objects among the members of an answer. Nil where no member is such a list.
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

// mainObject is the object that an answer is about: itself, or the one in it that says more. Describe operations
// wrap what they answer in one member. Nil where there is nothing that fits into a cell.
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

// scalars counts the members that fit into a cell.
func scalars(o *document.Object) int {
	n := 0
	for _, value := range o.All() {
		if isScalar(value) {
			n++
		}
	}
	return n
}

// isScalar reports whether a value fits into a cell: no object, no list, and not nothing.
func isScalar(v document.Value) bool {
	switch v.(type) {
	case *document.Object, document.List, nil:
		return false
	}
	return true
}

// columnsOf chooses the columns: members that are scalars, names and states first, long identifiers last. They are
// taken from the first 50 rows, at most maxColumns of them.
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
		case strings.HasSuffix(lower, "name") && !strings.Contains(lower, "namespace") || lower == "key" ||
			strings.HasSuffix(lower, "identifier"):
			first = append(first, name)
		case strings.HasSuffix(lower, "arn") || strings.Contains(lower, "sha256") ||
			strings.HasSuffix(lower, "token") || strings.HasSuffix(lower, "hash"):
			last = append(last, name)
		default:
			second = append(second, name)
		}
	}
	columns := append(append(first, second...), last...)
	return columns[:min(len(columns), maxColumns)]
}

// cell is a value in a table, bounded by shorten. A nested value is left empty: the JSON has it. Numbers are written
// as JSON has them, not rounded.
func cell(v document.Value) templates.Cell {
	switch v := v.(type) {
	case nil:
		return templates.Cell{}
	case string:
		return templates.Cell{Text: shorten(templates.Visible(v))}
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

// shorten bounds a text by maxCell, with an ellipsis.
func shorten(text string) string {
	if letters := []rune(text); len(letters) > maxCell {
		return string(letters[:maxCell]) + "…"
	}
	return text
}
