package runbook

import (
	"slices"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
)

// programs says of each program of a line that no environment runs it: once a step, of which sayOnce leaves one finding a document. It is a
// note: what a runbook needs is its author's to say, and what runs is the configuration's.
func (c *checker) programs(call *syntax.CallExpr, words []string) {
	if c.lib.allows == nil || c.step.Kind != procedures.KindScript || c.step.Annotations.Manual || c.step.Analysis.Hindrance() != "" {
		return
	}
	for _, name := range c.step.Analysis.Programs {
		at := slices.Index(words, name)
		key := "program " + c.step.ID + " " + name
		if at < 0 || c.seen[key] || c.lib.allows(name) {
			continue
		}
		c.seen[key] = true
		c.addOf("`"+name+"`", procedures.SeverityNote, "program-not-allowed", call.Args[at].Pos(),
			"no environment runs `%s`: on a real account the step is unavailable, and a person runs its lines, until `programs` of an "+
				"environment lists it", name)
	}
}
