package main

import (
	"fmt"
	"io"

	"github.com/opsbook/opsbook/internal/runbook"
)

// misses prints what is not as it should be, each with its place: lines that are nowhere, steps that are not run as they are written or
// that a person does, with the reason, and all findings.
func misses(w io.Writer, lib *runbook.Library) {
	for _, d := range lib.Documents {
		source, _ := lib.Markdown(d.File)
		for _, l := range runbook.Lost(d.File, []byte(source), options()) {
			fmt.Fprintf(w, "lost %s: %v\n", d.File, l)
		}
	}
	c := lib.Coverage(runbook.Where{Runs: func(string) bool { return false }}).All
	for _, n := range c.NotRead {
		fmt.Fprintf(w, "not read %s:%d: %s: %s\n", n.File, n.Line, n.Step, n.Why)
	}
	for _, n := range c.Hand {
		fmt.Fprintf(w, "by hand %s:%d: %s: %s\n", n.File, n.Line, n.Step, n.Why)
	}
	for _, d := range lib.Documents {
		for _, m := range d.Findings {
			fmt.Fprintln(w, "finding", m)
		}
		for _, p := range d.Procedures {
			for _, m := range p.Findings {
				fmt.Fprintln(w, "finding", m)
			}
		}
	}
}
