package runbook

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// waits is a word by which a script waits.
var waits = lazy.Regexp(`\bwait\b|\bsleep\b|\buntil\b|\bwhile\b|rollout status|--wait\b|\bwatch\b|\bbake\b`)

// isSlow reports a call that AWS answers before its change is complete.
func isSlow(call procedures.PlannedCall) bool { return call.Slow }

// afterChange says where a step relies on a change that was only begun by a step before it.
// `restore-db-instance…` and then `describe-db-instances` of the same name needs a wait between
// them. A step that waits, or a task with a countdown, is enough. What stands between them and is of something else is none of it.
func (c *checker) afterChange(i int) {
	if c.step.Alternative || waits().MatchString(c.step.Script.Text) {
		return
	}
	for k := i - 1; k >= 0; k-- {
		before := c.p.Steps[k]
		if before.Countdown > 0 || waits().MatchString(before.Script.Text) {
			return
		}
		if !slices.ContainsFunc(before.Analysis.Detail, isSlow) || c.apart(before) || c.onlyLooks(before) ||
			begins(c.step, before) {
			continue
		}
		if call, name := c.reliesOn(before); call != "" {
			c.tooEarly(before, call, name)
			return
		}
	}
}

// reliesOn is the slow call of a step before that this one needs, and what both are about; "" where they are independent: one thing is
// named by both, and it is of the same service, or of a program of which that is not known.
func (c *checker) reliesOn(before *procedures.Step) (call, name string) {
	for _, d := range before.Analysis.Detail {
		for _, name := range append(strings.Split(d.Resource, ", "), namesOf(before.Script.Text)...) {
			if d.Slow && !strings.Contains(name, "$(") && c.speaksOf(name, d.Command) {
				return d.Command, braced().ReplaceAllString(name, "$$$1")
			}
		}
	}
	return "", ""
}

// speaksOf reports whether a step's calls of the service of another call name something, or, where it has no calls, its commands.
func (c *checker) speaksOf(name, call string) bool {
	service, _, _ := strings.Cut(call, " ")
	for _, d := range c.step.Analysis.Detail {
		if own, _, _ := strings.Cut(d.Command, " "); own == service && slices.ContainsFunc(d.Args, func(arg string) bool {
			return hasName(arg, name)
		}) {
			return true
		}
	}
	if len(c.step.Analysis.Detail) > 0 {
		return false
	}
	for line := range strings.Lines(c.step.Script.Text) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") && hasName(line, name) {
			return true
		}
	}
	return false
}

// hasName reports whether a name stands in a text as a whole: orders is not named by orders-archive.
func hasName(text, name string) bool {
	part := func(r byte) bool { return isWordByte(r) || r == '-' || r == '.' }
	for from := 0; name != ""; {
		i := strings.Index(text[from:], name)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(name)
		if (start == 0 || !part(text[start-1])) && (end == len(text) || !part(text[end])) {
			return true
		}
		from = start + 1
	}
	return false
}

// onlyLooks reports a step that reads how far a change is: what is there meanwhile can be described. What a restore makes is not there yet.
func (c *checker) onlyLooks(before *procedures.Step) bool {
	return c.step.Effect() == procedures.EffectRead && !restores(before)
}

// restores reports a step whose slow calls make something that was not there.
func restores(s *procedures.Step) bool {
	return slices.ContainsFunc(s.Analysis.Detail, func(d procedures.PlannedCall) bool {
		_, operation, _ := strings.Cut(d.Command, " ")
		return d.Slow && strings.HasPrefix(operation, "restore-")
	})
}

// apart reports whether a person comes between a step and one before it: it is done on demand, or another section has begun. What
// deletes may follow a section too soon all the same.
func (c *checker) apart(before *procedures.Step) bool {
	return before.OnDemand || c.step.OnDemand || before.Section != c.step.Section && c.step.Effect() != procedures.EffectDestroy
}

// waitedFor drops the note that a change is answered before it is done where the page waits for it, before it changes anything else.
func (c *checker) waitedFor(i int) {
	for _, next := range c.p.Steps[i+1:] {
		if next.Effect().Changes() && !begins(next, c.step) {
			return
		}
		if next.Annotations.Until != "" || next.Countdown > 0 || waits().MatchString(next.Script.Text) {
			answered := func(m procedures.Finding) bool {
				return m.Rule == "asynchronous" && m.Line >= c.step.Script.Line &&
					m.Line < c.step.Script.Line+strings.Count(c.step.Script.Text, "\n")
			}
			c.step.Findings = slices.DeleteFunc(c.step.Findings, answered)
			c.p.Findings = slices.DeleteFunc(c.p.Findings, answered)
			return
		}
	}
}

// begins reports whether a step begins the same slow changes as another: both are waited for together.
func begins(s, as *procedures.Step) bool {
	return slices.ContainsFunc(s.Analysis.Detail, func(d procedures.PlannedCall) bool {
		return d.Slow && slices.ContainsFunc(as.Analysis.Detail, func(e procedures.PlannedCall) bool {
			return e.Slow && e.Command == d.Command
		})
	})
}

// It is worse for what is deleted: the message says so.
func (c *checker) tooEarly(before *procedures.Step, call, name string) {
	at := syntax.Pos{}
	line := c.step.Script.Text
	if i := strings.Index(line, name); i >= 0 {
		if file, err := parseShell(line); err == nil {
			for _, s := range file.Stmts {
				if int(s.Pos().Offset()) <= i && i < int(s.End().Offset()) {
					at = s.Pos()
				}
			}
		}
	}
	if c.step.Effect() == procedures.EffectDestroy {
		c.add(procedures.SeverityWarning, "not-finished", at,
			"`%s` is deleted here: `%s` (line %d) may still be in progress, and the steps between must have "+
				"passed. Wait for it, and never delete after a failed verification", name, call, before.Line)
		return
	}
	c.add(procedures.SeverityWarning, "not-finished", at,
		"`%s` (line %d) returns before `%s` is ready: wait for it before you rely on it", call, before.Line, name)
}

// nameOption is an option that names a resource, and a name of six characters or more.
var nameOption = lazy.Regexp(`--[a-z-]*(?:name|id|identifier|arn|table|cluster|service)s?[= ]+["']?([A-Za-z0-9][\w./:-]{5,})`)

// namesOf returns the names that a step's options give, the longest first.
func namesOf(text string) []string {
	var names []string
	for _, m := range nameOption().FindAllStringSubmatch(text, -1) {
		if !strings.HasPrefix(m[1], "arn:") && !strings.HasPrefix(m[1], "file:") {
			names = append(names, m[1])
		}
	}
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) })
	return names
}
