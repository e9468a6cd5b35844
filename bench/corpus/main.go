// Command corpus reads a folder of runbooks, without running anything, and prints what became of them: what is a step and what it
// does, what was found wrong, and, where a person's expectation stands beside a document, how much of it holds.
//
//	go run ./bench/corpus DIR
//	go run ./bench/corpus -misses DIR             # lines that are nowhere, steps not read or by hand with the reason, findings
//	go run ./bench/corpus -draw 100 -seed 1 DIR   # what a person judges: findings, blocks, titles, lines of prose
package main

import (
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"

	"github.com/opsbook/opsbook/bench/report"
	"github.com/opsbook/opsbook/internal/confined"
	"github.com/opsbook/opsbook/internal/runbook"
)

func main() {
	number := flag.Int("draw", 0, "print so many of each kind, drawn at random, instead of the figures")
	seed := flag.Uint64("seed", 1, "of the drawing")
	list := flag.Bool("misses", false, "print what is not live, with its place and reason, instead of the figures")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: corpus [-misses | -draw N [-seed N]] DIR")
		os.Exit(2)
	}
	folder := confined.Dir(flag.Arg(0))
	show := run
	switch {
	case *list:
		show = of(misses)
	case *number > 0:
		show = of(func(w io.Writer, lib *runbook.Library) { draw(w, lib, *number, *seed) })
	}
	if err := show(os.Stdout, folder); err != nil {
		fmt.Fprintln(os.Stderr, "corpus:", err)
		os.Exit(1)
	}
}

// of prints something of a folder.
func of(show func(io.Writer, *runbook.Library)) func(io.Writer, fs.FS) error {
	return func(w io.Writer, folder fs.FS) error {
		lib, err := open(folder)
		if err == nil {
			show(w, lib)
		}
		return err
	}
}

// run prints the figures of a folder.
func run(w io.Writer, folder fs.FS) error {
	lib, err := open(folder)
	if err != nil {
		return err
	}
	all := documents(lib)
	effects, rules := map[string]int{}, map[string]int{}
	expected, met := 0, 0
	for _, d := range all {
		for _, s := range d.steps() {
			effects[does(s)]++
		}
		for _, m := range d.findings {
			rules[m.Rule]++
		}
		e, err := expectationOf(folder, d.file)
		if err != nil {
			return err
		}
		if e == nil {
			continue
		}
		for _, r := range compare(d, e) {
			expected++
			if r.problem == "" {
				met++
			}
		}
	}
	rows := append([][]string{{"", "number"}}, whole(lib)...)
	for _, key := range sorted(effects) {
		rows = append(rows, []string{"steps: " + key, strconv.Itoa(effects[key])})
	}
	for _, key := range sorted(rules) {
		rows = append(rows, []string{"findings: " + key, strconv.Itoa(rules[key])})
	}
	if expected > 0 {
		rows = append(rows, []string{"as a person expects", fmt.Sprintf("%d of %d", met, expected)})
	}
	return report.Table(w, rows)
}

// whole are the figures of the documents as such: how they were read, what became of their steps, and the lines that are neither shown,
// nor run, nor named.
func whole(lib *runbook.Library) [][]string {
	one, live, lines, lost := 0, 0, 0, 0
	for _, d := range lib.Documents {
		if d.One() != nil {
			one++
		}
		c := runbook.CoverageOf(d, runbook.Where{Runs: func(string) bool { return false }})
		if c.Steps == c.Live+c.ByHand+c.Needing {
			live++
		}
		source, _ := lib.Markdown(d.File)
		lines += d.Lines
		lost += len(runbook.Lost(d.File, []byte(source), options()))
	}
	c := lib.Coverage(runbook.Where{Runs: func(string) bool { return false }}).All
	share := func(n, of int) string { return fmt.Sprintf("%d (%.2f %%)", n, 100*float64(n)/float64(max(of, 1))) }
	return [][]string{
		{"documents", strconv.Itoa(len(lib.Documents))},
		{"documents that are one procedure", share(one, len(lib.Documents))},
		{"documents whole but for named programs", share(live, len(lib.Documents))},
		{"lines", strconv.Itoa(lines)},
		{"lines neither shown, run nor named", share(lost, lines)},
		{"blocks of code", strconv.Itoa(c.Blocks)},
		{"steps live", share(c.Live, c.Steps)},
		{"steps by hand", share(c.ByHand, c.Steps)},
		{"steps needing a program", share(c.Needing, c.Steps)},
		{"steps not read", share(len(c.NotRead), c.Steps)},
	}
}
