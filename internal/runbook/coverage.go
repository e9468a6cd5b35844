package runbook

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Coverage says what became of a document, or of all of them. Its names and shapes are a promise of `list --coverage --format json`.
type Coverage struct {
	File   string `json:"file,omitempty"`  // empty for all documents together
	Title  string `json:"title,omitempty"` // the document's
	ID     string `json:"id,omitempty"`    // the document's
	Blocks int    `json:"blocks"`          // of code
	Steps  int    `json:"steps"`           // Live, ByHand, Needing and NotRead together
	Live   int    `json:"live"`            // steps that a button runs
	ByHand int    `json:"by_hand"`         // steps that a person does
	// Hand are those of ByHand that have code or commands which do not run here, and why.
	Hand []NotRead `json:"by_hand_because"`
	// Partly are steps, live or needing a program, of which a part is done by hand, and why.
	Partly []NotRead `json:"partly_by_hand"`
	// Needing counts steps that would run but for programs that are not ours, Programs those steps by program.
	Needing  int            `json:"needing"`
	Programs map[string]int `json:"programs"`
	// NotRead are the steps that are not run as they are written, and why.
	NotRead []NotRead `json:"not_read"`
	// NotShown are the lines that are on no page: HTML comments, scripts and styles.
	NotShown []NotShown `json:"not_shown"`
	// Errors, Warnings and Notes count findings by severity, Rules by rule.
	Errors   int            `json:"errors"`
	Warnings int            `json:"warnings"`
	Notes    int            `json:"notes"`
	Rules    map[string]int `json:"rules"`
	// Rehearsal says what the sandbox answers the steps' calls with.
	Rehearsal Rehearsal `json:"rehearsal"`
}

// Where says of the place where steps are pressed what coverage depends on.
type Where struct {
	// Runs reports whether a program that is not ours runs there.
	Runs func(program string) bool
	// Rehearses says what the sandbox answers the calls of a step with; nil where that is not asked.
	Rehearses func(p *procedures.Procedure, s *procedures.Step) Rehearsal
}

// CoverageListing is what `list --coverage --format json` prints.
type CoverageListing struct {
	All       Coverage   `json:"all"`
	Documents []Coverage `json:"documents"`
}

// Coverage counts what became of all documents, for steps that are pressed there.
func (lib *Library) Coverage(where Where) CoverageListing {
	l := CoverageListing{Documents: []Coverage{}}
	for _, d := range lib.Documents {
		l.Documents = append(l.Documents, CoverageOf(d, where))
	}
	l.All = CoverageOfAll(l.Documents)
	return l
}

// NotRead is a step that is not run as it is written.
type NotRead struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Step string `json:"step"` // its title
	Why  string `json:"why"`
}

// NotShown are lines of a document that are on no page.
type NotShown struct {
	File string `json:"file"`
	procedures.Unshown
}

// Findings is how many findings there are.
func (c *Coverage) Findings() int { return c.Errors + c.Warnings + c.Notes }

// CoverageOf counts what became of a document, for steps that are pressed there.
func CoverageOf(d *procedures.Document, where Where) Coverage {
	c := noCoverage()
	c.File, c.Title, c.ID, c.Blocks = d.File, d.Title, d.ID, d.Blocks
	for _, m := range d.Findings {
		c.found(m)
	}
	for _, u := range d.Unshown {
		c.NotShown = append(c.NotShown, NotShown{d.File, u})
	}
	said := map[procedures.Finding]bool{}
	for _, p := range d.Procedures {
		for _, m := range p.Findings { // what opens each procedure has its findings in each
			if m.About = ""; !said[m] {
				said[m] = true
				c.found(m)
			}
		}
		c.procedure(p, where)
	}
	return c
}

// CoverageOfProcedure counts what became of one procedure. It knows of no blocks.
func CoverageOfProcedure(p *procedures.Procedure, where Where) Coverage {
	c := noCoverage()
	c.File, c.Title, c.ID = p.File, p.Title, p.ID
	for _, m := range p.Findings {
		c.found(m)
	}
	c.procedure(p, where)
	return c
}

// CoverageOfAll adds coverages up.
func CoverageOfAll(list []Coverage) Coverage {
	out := noCoverage()
	for _, c := range list {
		out.Blocks += c.Blocks
		out.Steps += c.Steps
		out.Live += c.Live
		out.ByHand += c.ByHand
		out.Needing += c.Needing
		out.Hand = append(out.Hand, c.Hand...)
		out.Partly = append(out.Partly, c.Partly...)
		out.NotRead = append(out.NotRead, c.NotRead...)
		out.NotShown = append(out.NotShown, c.NotShown...)
		out.Errors += c.Errors
		out.Warnings += c.Warnings
		out.Notes += c.Notes
		out.Rehearsal.Add(c.Rehearsal)
		for name, n := range c.Programs {
			out.Programs[name] += n
		}
		for rule, n := range c.Rules {
			out.Rules[rule] += n
		}
	}
	return out
}

func noCoverage() Coverage {
	return Coverage{Programs: map[string]int{}, Hand: []NotRead{}, Partly: []NotRead{}, NotRead: []NotRead{}, NotShown: []NotShown{},
		Rules: map[string]int{}}
}

func (c *Coverage) found(m procedures.Finding) {
	c.Rules[m.Rule]++
	switch m.Severity {
	case procedures.SeverityError:
		c.Errors++
	case procedures.SeverityWarning:
		c.Warnings++
	default:
		c.Notes++
	}
}

func (c *Coverage) procedure(p *procedures.Procedure, where Where) {
	for _, s := range p.Steps {
		c.step(p, s, where)
	}
}

// step counts one step: by what runs of it, where a part of it is done by hand.
func (c *Coverage) step(p *procedures.Procedure, s *procedures.Step, where Where) {
	c.Steps++
	because := func(why string) NotRead { return NotRead{File: s.File, Line: s.Line, Step: s.Title, Why: why} }
	missing := slices.DeleteFunc(slices.Clone(s.Analysis.Programs), where.Runs)
	switch {
	case s.Kind == procedures.KindManual || s.Annotations.Manual:
		c.ByHand++
		if s.Why != "" {
			c.Hand = append(c.Hand, because(s.Why))
		}
		return
	case s.Analysis.Refused != "":
		c.NotRead = append(c.NotRead, because(s.Analysis.Refused))
		return
	case len(missing) > 0:
		c.Needing++
		for _, name := range missing {
			c.Programs[name]++
		}
	default:
		c.Live++
		if where.Rehearses != nil {
			c.Rehearsal.Add(where.Rehearses(p, s))
		}
	}
	if why := s.Analysis.Hindrance(); why != "" {
		c.Partly = append(c.Partly, because(why))
	}
}

// Needed are the programs that steps need, those of most steps first.
func (c *Coverage) Needed() []string {
	return slices.SortedFunc(maps.Keys(c.Programs), func(a, b string) int {
		return cmp.Or(c.Programs[b]-c.Programs[a], cmp.Compare(a, b))
	})
}

// Words are the counts that are not zero, as people read them: "7 steps live", "2 by hand", "1 needs terraform", "3 findings".
func (c *Coverage) Words() []string {
	var out []string
	add := func(n int, one, many string) {
		switch {
		case n == 1:
			out = append(out, "1 "+one)
		case n > 1:
			out = append(out, fmt.Sprintf("%d %s", n, many))
		}
	}
	add(c.Live, "step live", "steps live")
	add(c.ByHand, "by hand", "by hand")
	for _, program := range c.Needed() {
		add(c.Programs[program], "needs "+program, "need "+program)
	}
	add(len(c.Partly), "partly by hand", "partly by hand")
	add(len(c.NotRead), "not read", "not read")
	add(c.Findings(), "finding", "findings")
	if len(out) == 0 {
		return []string{"no steps"}
	}
	return out
}
