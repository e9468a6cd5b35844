package main

import (
	"io/fs"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/aws"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// open reads a folder of runbooks as the portal does that knows no account: on the sandbox, with no program allowed.
func open(folder fs.FS) (*runbook.Library, error) { return runbook.Open(folder, options()) }

// options are those of the sandbox.
func options() runbook.Options {
	environment := procedures.Environment{Name: "sandbox", Account: "sandbox"}
	table := commands.Table(commands.Options{})
	table["aws"] = aws.New(aws.Options{Environment: environment})
	analyser := &analyse.Analyser{
		Effects: commands.NewProgramEffects([]procedures.Environment{environment}).Of,
		Command: func(name string) (procedures.Command, bool) {
			c, ok := table[name]
			return c, ok
		},
	}
	return runbook.Options{Analyser: analyser}
}

// document is what became of one file.
type document struct {
	file       string
	procedures []*procedures.Procedure
	findings   []procedures.Finding
}

// documents are the library's files in the order of their first procedures; files without one follow, with their findings.
func documents(lib *runbook.Library) []*document {
	byFile := map[string]*document{}
	var all []*document
	of := func(file string) *document {
		d := byFile[file]
		if d == nil {
			d = &document{file: file}
			byFile[file] = d
			all = append(all, d)
		}
		return d
	}
	for _, p := range lib.Procedures() {
		d := of(p.File)
		d.procedures = append(d.procedures, p)
	}
	for _, m := range lib.Findings {
		d := of(m.File)
		d.findings = append(d.findings, m)
	}
	return all
}

// steps are those of all its procedures.
func (d *document) steps() []*procedures.Step {
	var all []*procedures.Step
	for _, p := range d.procedures {
		all = append(all, p.Steps...)
	}
	return all
}

// sectionsOf are the sections of a procedure that hold steps, as counted writes them.
func sectionsOf(p *procedures.Procedure) []string {
	titles := make([]string, len(p.Steps))
	for i, s := range p.Steps {
		if at := p.Section(s.Section); at != nil {
			titles[i] = at.Title
		}
	}
	return counted(titles)
}

// does is what a step does, in an expectation's words.
func does(s *procedures.Step) string {
	effect := s.Effect()
	switch {
	case s.Kind == procedures.KindManual:
		return "hand"
	case effect == "":
		return string(procedures.EffectNone)
	}
	return string(effect)
}

// asideOf is "or" for an alternative, a step of a section that is one among them, and "if" for what is done on demand.
func (d *document) asideOf(s *procedures.Step) string {
	choice := slices.ContainsFunc(d.procedures, func(p *procedures.Procedure) bool {
		at := p.Section(s.Section)
		return at != nil && at.Choice && slices.Contains(p.Steps, s)
	})
	switch {
	case s.Alternative || choice:
		return "or"
	case s.OnDemand:
		return "if"
	}
	return ""
}

// same reports whether a title is the one that was wanted: … stands for any text, and stops at the end do not count.
func same(wanted, title string) bool {
	wanted, title = strings.TrimRight(wanted, " .:"), strings.TrimRight(title, " .:")
	parts := strings.Split(wanted, "…")
	if len(parts) == 1 {
		return wanted == title
	}
	rest, found := strings.CutPrefix(title, parts[0])
	if !found {
		return false
	}
	for i, part := range parts[1:] {
		if i == len(parts)-2 {
			return strings.HasSuffix(rest, part)
		}
		_, after, found := strings.Cut(rest, part)
		if !found {
			return false
		}
		rest = after
	}
	return true
}
