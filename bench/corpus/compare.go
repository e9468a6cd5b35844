package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// row is one thing that a person expects of a document.
type row struct {
	name    string // "ecs/rollback.md: step Roll back"
	problem string // what is there instead; "" where it is as expected
}

// comparison collects the rows of one document.
type comparison struct {
	d    *document
	rows []row
}

// compare holds a document against what a person makes of it. Each row stands for itself: a step that is not where it should be
// leaves the rows of its title and effect as they are.
func compare(d *document, e *expectation) []row {
	c := &comparison{d: d}
	c.procedures(e)
	c.steps(e)
	c.fields(e)
	c.findings(e)
	return c.rows
}

// check adds a row, with the problem where it does not hold.
func (c *comparison) check(holds bool, name, problem string, args ...any) {
	r := row{name: c.d.file + ": " + name}
	if !holds {
		r.problem = fmt.Sprintf(problem, args...)
	}
	c.rows = append(c.rows, r)
}

func (c *comparison) procedures(e *expectation) {
	wanted, titles := []string{}, []string{}
	for _, p := range e.Procedures {
		wanted = append(wanted, p.Title)
	}
	for _, p := range c.d.procedures {
		titles = append(titles, p.Title)
	}
	c.check(slices.Equal(wanted, titles), "procedures", "they are %q, wanted %q", titles, wanted)
	for _, w := range e.Procedures {
		i := slices.IndexFunc(c.d.procedures, func(p *procedures.Procedure) bool { return p.Title == w.Title })
		var sections []string
		steps := 0
		if i >= 0 {
			sections, steps = sectionsOf(c.d.procedures[i]), len(c.d.procedures[i].Steps)
		}
		c.check(i >= 0 && slices.EqualFunc(sections, w.sections(), sameSection), "sections of "+w.Title,
			"they are %q, wanted %q", sections, w.sections())
		c.check(i >= 0 && steps == len(w.Steps), "steps of "+w.Title, "there are %d, wanted %d", steps, len(w.Steps))
	}
}

// sameSection compares two sections; one of them may have the number of its heading, "Step 1: ", before it.
func sameSection(a, b string) bool { return strings.HasSuffix(a, b) || strings.HasSuffix(b, a) }

// steps looks for each step by its title, wherever in the document it is, then at the order of those that are there.
func (c *comparison) steps(e *expectation) {
	left := c.d.steps()
	place := map[*procedures.Step]int{}
	for i, s := range left {
		place[s] = i
	}
	var order []int
	for _, p := range e.Procedures {
		for _, w := range p.Steps {
			i := slices.IndexFunc(left, func(s *procedures.Step) bool { return same(w.title, s.Title) })
			if i < 0 {
				c.check(false, "step "+w.title, "there is none")
				continue
			}
			s := left[i]
			left = slices.Delete(slices.Clone(left), i, i+1)
			order = append(order, place[s])
			was := strings.TrimSpace(c.d.asideOf(s) + " " + does(s))
			c.check(was == strings.TrimSpace(w.aside+" "+w.does), "step "+w.title, "it is %q, wanted %q", was,
				strings.TrimSpace(w.aside+" "+w.does))
			if w.expected != "" {
				c.check(strings.Contains(s.Expected, w.expected), "expected output of "+w.title, "it is %q", s.Expected)
			}
		}
	}
	c.check(slices.IsSorted(order), "order of steps", "they are at the places %v", order)
	var titles []string
	for _, s := range left {
		titles = append(titles, fmt.Sprintf("%s: %s", does(s), s.Title))
	}
	c.check(len(left) == 0, "no other steps", "there are %q", titles)
}

func (c *comparison) fields(e *expectation) {
	there := map[string]string{}
	for _, p := range c.d.procedures {
		for _, q := range p.Parameters {
			if there[q.Name] == "" {
				there[q.Name] = q.Default
			}
		}
	}
	for _, name := range sorted(e.Fields) {
		if e.Fields[name] == nil {
			delete(there, name)
			continue
		}
		value, ok := there[name]
		delete(there, name)
		c.check(ok && value == *e.Fields[name], "field "+name,
			"it is there: %t, with the default %q, wanted %q", ok, value, *e.Fields[name])
	}
	for _, p := range c.d.procedures {
		for _, step := range p.Steps { // a threshold is a field that is filled in: the verdict rules' business, not the author's
			for _, l := range step.Analysis.Thresholds {
				delete(there, l.Name)
			}
		}
	}
	c.check(len(there) == 0, "no other fields", "there are %q", sorted(there))
}

func (c *comparison) findings(e *expectation) {
	left := slices.Clone(c.d.findings)
	for _, w := range e.Findings {
		i := slices.IndexFunc(left, w.is)
		c.check(i >= 0, strings.TrimSpace(fmt.Sprintf("finding %d %s %s", w.line, w.rule, w.severity)), "there is none")
		if i >= 0 {
			left = slices.Delete(left, i, i+1)
		}
	}
	var others []string
	for _, m := range left {
		others = append(others, m.String())
	}
	c.check(len(left) == 0, "no other findings", "there are\n    %s", strings.Join(others, "\n    "))
}

// sorted are a map's keys.
func sorted[V any](m map[string]V) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
