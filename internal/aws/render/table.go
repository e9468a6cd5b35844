package render

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"golang.org/x/text/width"

	"github.com/opsbook/opsbook/internal/document"
)

// terminalWidth is what the AWS CLI takes where standard output is no terminal. A
// table that is wider has its sections of one row turned on their side.
const terminalWidth = 80

// displayWidth counts columns: two for what is wide, full width or ambiguous.
func displayWidth(s string) int {
	n := 0
	for _, r := range s {
		n++
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth, width.EastAsianAmbiguous:
			n++
		}
	}
	return n
}

// section is a title with rows under it.
type section struct {
	title   string
	headers []string
	rows    [][]string
	indent  int
	widths  []int // the widest text of each column
	columns int   // -1 until known
}

// widen makes the columns wide enough for a row. The first row decides how many columns there
// are.
func (s *section) widen(row []string) {
	if len(s.widths) == 0 {
		s.widths = make([]int, len(row))
	}
	for i, text := range row {
		if i < len(s.widths) {
			s.widths[i] = max(s.widths[i], displayWidth(text))
		}
	}
}

// addHeaders sets the column headings; a section without headings has rows only.
func (s *section) addHeaders(headers []string) error {
	if len(s.widths) > 0 && len(headers) > len(s.widths) {
		return errors.New("list index out of range") // Python's words
	}
	s.widen(headers)
	if s.columns < 0 {
		s.columns = len(headers)
	}
	s.headers = headers
	return nil
}

// addRow adds a row, which must have as many cells as the ones before. The error's words are
// those of the AWS CLI.
func (s *section) addRow(row []string) error {
	if s.columns < 0 {
		s.columns = len(row)
	}
	if len(row) != s.columns {
		return fmt.Errorf("Row should have %d elements, instead it has %d", s.columns, len(row))
	}
	s.widen(row)
	s.rows = append(s.rows, row)
	return nil
}

// total is the section's width with borders and indentation.
func (s *section) total() int {
	total := 2
	for _, w := range s.widths {
		total += w + 4
	}
	return max(displayWidth(s.title)+2, total) + 2*s.indent
}

// scaled spreads the columns over the whole width, as Python rounds.
func (s *section) scaled(whole int) []int {
	sum := 0
	for _, w := range s.widths {
		sum += w + 4
	}
	if sum == 0 {
		return nil
	}
	out := make([]int, len(s.widths))
	off := -whole
	for i, w := range s.widths {
		out[i] = int(math.RoundToEven(float64(whole) / float64(sum) * float64(w+4)))
		off += out[i]
	}
	// What rounding left over is taken from the first columns, or given to the last ones.
	for off != 0 {
		for i := range out {
			if off > 0 {
				out[i]--
				off--
			} else {
				out[len(out)-1-i]++
				off++
			}
			if off == 0 {
				break
			}
		}
	}
	return out
}

// table is a list of sections.
type table struct{ sections []*section }

// writeTable prints a document as a table of nested sections; a false value prints nothing at
// all.
func writeTable(b *bytes.Buffer, title string, v document.Value, colored bool) error {
	t := &table{}
	if err := t.build(title, v, 0, true); err != nil || len(t.sections) == 0 {
		return err
	}
	widest := t.width()
	if widest > terminalWidth {
		for i, s := range t.sections {
			t.sections[i] = s.upright()
		}
		widest = t.width()
	}
	b.WriteString(strings.Repeat("-", widest) + "\n")
	for _, s := range t.sections {
		s.render(b, widest-2*s.indent, colored)
	}
	return nil
}

// width is that of the widest section, which all share.
func (t *table) width() int {
	widest := 0
	for _, s := range t.sections {
		widest = max(widest, s.total())
	}
	return widest
}

// upright turns a section of one row into one of two columns.
func (s *section) upright() *section {
	if len(s.rows) != 1 || len(s.headers) == 0 {
		return s
	}
	turned := &section{title: s.title, indent: s.indent, columns: -1}
	for i, h := range s.headers {
		_ = turned.addRow([]string{h, s.rows[0][i]}) // always two columns
	}
	return turned
}

// newSection begins a section, one indentation deeper for each object around it.
func (t *table) newSection(title string, indent int) {
	t.sections = append(t.sections, &section{title: title, indent: indent, columns: -1})
}

// last is the section that rows go to; a list at the top has one without a title.
func (t *table) last() *section {
	if len(t.sections) == 0 {
		t.newSection("", 0)
	}
	return t.sections[len(t.sections)-1]
}

// build adds a value under a title. A list whose first item is an object is a table of
// objects; another list has a row for each item.
func (t *table) build(title string, v document.Value, indent int, titled bool) error {
	if !truthy(v) {
		return nil
	}
	if titled {
		t.newSection(title, indent)
	}
	switch v := v.(type) {
	case document.List:
		if isObject(v[0]) {
			return t.objects(v, indent, title)
		}
		for _, item := range v {
			if err := t.item(item); err != nil {
				return err
			}
		}
	case *document.Object:
		return t.object(v, indent)
	}
	return nil
}

// truthy is Python's truth: zero is false too.
func truthy(v document.Value) bool {
	switch n := v.(type) {
	case int64:
		return n != 0
	case float64:
		return n != 0
	}
	return document.Truth(v)
}

// item adds an item of a list: a list of scalars is a row of cells. An object among scalars
// shows its keys only, as in the AWS CLI.
func (t *table) item(item document.Value) error {
	switch item := item.(type) {
	case document.List:
		if !slices.ContainsFunc(item, func(v document.Value) bool { return !isScalar(v) }) {
			row := make([]string, len(item))
			for i, v := range item {
				row[i] = document.PythonText(v)
			}
			return t.last().addRow(row)
		}
		return t.build("", item, 0, false)
	case *document.Object:
		return t.last().addRow(item.Keys())
	}
	return t.last().addRow([]string{document.PythonText(item)})
}

// split divides an object's members into scalars and others, each sorted.
func split(o *document.Object) (scalars, others []string) {
	for name, v := range o.All() {
		if isScalar(v) {
			scalars = append(scalars, name)
		} else {
			others = append(others, name)
		}
	}
	slices.Sort(scalars)
	slices.Sort(others)
	return scalars, others
}

// cell is the text of a member; one that this object of a list lacks is empty.
func cell(o *document.Object, name string) string {
	v, ok := o.Get(name)
	if !ok {
		return ""
	}
	return document.PythonText(v)
}

// row is an object's cells under some headings.
func row(o *document.Object, names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = cell(o, name)
	}
	return out
}

// object adds one object: a single scalar as name and value in one row, several as headings
// with a row under them; lists and objects in it become sections of their own.
func (t *table) object(o *document.Object, indent int) error {
	headers, more := split(o)
	switch {
	case len(headers) == 1:
		if err := t.last().addRow([]string{headers[0], cell(o, headers[0])}); err != nil {
			return err
		}
	case len(headers) > 1:
		if err := t.last().addHeaders(headers); err != nil {
			return err
		}
		if err := t.last().addRow(row(o, headers)); err != nil {
			return err
		}
	}
	for _, name := range more {
		v, _ := o.Get(name)
		if err := t.build(name, v, indent+1, true); err != nil {
			return err
		}
	}
	return nil
}

// objects adds a list of objects with the headings of all of them. Where one has sections of
// its own, they follow its row, and the next object begins a section again.
func (t *table) objects(l document.List, indent int, title string) error {
	var headers, more []string
	for _, v := range l {
		o, ok := v.(*document.Object)
		if !ok {
			return fmt.Errorf("a list of objects holds %s as well", document.PythonText(v))
		}
		h, m := split(o)
		headers, more = append(headers, h...), append(more, m...)
	}
	slices.Sort(headers)
	slices.Sort(more)
	headers, more = slices.Compact(headers), slices.Compact(more)
	if err := t.last().addHeaders(headers); err != nil {
		return err
	}
	for i, v := range l {
		o := v.(*document.Object)
		if i > 0 && len(more) > 0 {
			t.newSection(title, indent)
			_ = t.last().addHeaders(headers) // of a new section
		}
		if err := t.last().addRow(row(o, headers)); err != nil {
			return err
		}
		for _, name := range more {
			inner, ok := o.Get(name)
			if !ok {
				continue
			}
			if err := t.build(name, inner, indent+1, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// render prints the section over the whole width, with a bar on each side for each indentation.
func (s *section) render(b *bytes.Buffer, whole int, colored bool) {
	bar, blue, plain := "|", "", ""
	if colored { // awscli/table.py, ColorizedStyler
		bar, blue, plain = "\x1b[2m\x1b[33m|\x1b[0m", "\x1b[1m\x1b[34m", "\x1b[0m"
	}
	edge := strings.Repeat(bar, s.indent)
	line := func(text string) { b.WriteString(edge + text + edge + "\n") }
	if s.title != "" {
		line(center(s.title, whole, "|"))
		if len(s.headers) == 0 && len(s.rows) == 0 {
			line("+" + strings.Repeat("-", whole-2) + "+")
		}
	}
	widths := s.scaled(whole)
	if len(s.headers) > 0 {
		line(ruler(widths))
		text := ""
		for i, h := range s.headers {
			left := ""
			if i == 0 {
				left = "|"
			}
			text += center(h, widths[i], left)
		}
		line(text)
	}
	if len(s.rows) == 0 || len(widths) == 0 {
		return
	}
	line(ruler(widths))
	for _, r := range s.rows {
		text := ""
		for i, cell := range r {
			text += alignLeft(cell, widths[i], i == 0, blue, plain)
		}
		line(text)
	}
	line(ruler(widths))
}
