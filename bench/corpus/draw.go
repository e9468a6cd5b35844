package main

import (
	"cmp"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
)

// drawing is a sample of what was made of a folder, for a person who judges it: the same seed draws the same.
type drawing struct {
	w       io.Writer
	lib     *runbook.Library
	sources map[string][]string // the lines of a file
}

// kinds are what can be drawn, in the order in which they are printed.
var kinds = []string{"finding", "block", "title", "prose"}

// draw prints n of each kind, drawn at random, with the source that each is about.
func draw(w io.Writer, lib *runbook.Library, n int, seed uint64) {
	d := &drawing{w: w, lib: lib, sources: map[string][]string{}}
	all := map[string][]func(){}
	for _, doc := range lib.Documents {
		d.sources[doc.File] = strings.Split(doc.Source, "\n")
		d.of(doc, func(kind string, show func()) { all[kind] = append(all[kind], show) })
	}
	for _, kind := range kinds {
		shows := all[kind]
		random := rand.New(rand.NewPCG(seed, uint64(len(kind))))
		random.Shuffle(len(shows), func(i, j int) { shows[i], shows[j] = shows[j], shows[i] })
		for i, show := range shows[:min(n, len(shows))] {
			fmt.Fprintf(w, "\n=== %s %d of %d\n", kind, i+1, len(shows))
			show()
		}
	}
}

// of adds what a document has of each kind.
func (d *drawing) of(doc *procedures.Document, add func(kind string, show func())) {
	findings, steps := slices.Clone(doc.Findings), []*procedures.Step{}
	for _, p := range doc.Procedures {
		findings = append(findings, p.Findings...)
		for _, s := range p.Steps { // a preparation opens several procedures with the same steps
			if !slices.ContainsFunc(steps, func(o *procedures.Step) bool { return o.Line == s.Line && o.Title == s.Title }) {
				steps = append(steps, s)
			}
		}
	}
	for _, m := range procedures.SortFindings(findings) {
		add("finding", func() { d.finding(m) })
	}
	slices.SortStableFunc(steps, func(a, b *procedures.Step) int { return cmp.Compare(a.Line, b.Line) })
	for _, s := range steps {
		add("title", func() { d.step(s); d.lines(doc.File, s.Line, s.Line+strings.Count(s.Source, "\n")) })
	}
	lines := d.sources[doc.File]
	open := -1
	for i, line := range lines {
		trimmed := strings.TrimLeft(line, " \t>")
		switch fence := strings.HasPrefix(trimmed, "```") || strings.HasPrefix(trimmed, "~~~"); {
		case fence && open < 0:
			open = i
		case fence:
			first, last := open+1, i+1
			add("block", func() { d.block(doc.File, steps, first, last) })
			open = -1
		case open < 0 && strings.TrimSpace(line) != "":
			add("prose", func() { d.lines(doc.File, i+1, i+1) })
		}
	}
}

func (d *drawing) finding(m procedures.Finding) {
	fmt.Fprintln(d.w, m)
	d.lines(m.File, m.Line-2, m.Line+4)
	if m.Corrected != "" {
		fmt.Fprintln(d.w, "  corrected: "+strings.ReplaceAll(m.Corrected, "\n", "\n             "))
	}
}

// block prints a fence and the steps that were made of it.
func (d *drawing) block(file string, steps []*procedures.Step, first, last int) {
	d.lines(file, max(1, first-2), min(last, first+40))
	for _, s := range steps {
		if s.Line >= first && s.Line <= last {
			d.step(s)
		}
	}
}

func (d *drawing) step(s *procedures.Step) {
	fmt.Fprintf(d.w, "  -> %s:%d %q %s", s.File, s.Line, s.Title, does(s))
	if s.OnDemand {
		fmt.Fprint(d.w, " on-demand")
	}
	if s.Alternative {
		fmt.Fprint(d.w, " alternative")
	}
	for _, part := range []struct {
		name   string
		values []string
	}{{"group", one(s.Group)}, {"calls", s.Analysis.Calls}, {"programs", s.Analysis.Programs}, {"fields", s.Parameters},
		{"why", one(s.Why)}, {"refused", one(s.Analysis.Hindrance())}, {"expected", one(s.Expected)}} {
		if len(part.values) > 0 {
			fmt.Fprintf(d.w, " · %s %s", part.name, strings.ReplaceAll(strings.Join(part.values, ", "), "\n", "⏎"))
		}
	}
	for _, hand := range s.Analysis.ByHand {
		fmt.Fprint(d.w, " · ", hand)
	}
	fmt.Fprintln(d.w)
}

func one(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

// lines prints those from first to last, from 1, as far as they exist.
func (d *drawing) lines(file string, first, last int) {
	fmt.Fprintf(d.w, "  %s\n", file)
	all := d.sources[file]
	for i := max(first, 1); i <= min(last, len(all)); i++ {
		fmt.Fprintf(d.w, "  %5d| %s\n", i, all[i-1])
	}
}
