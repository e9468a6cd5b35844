package runbook

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// waits is a word by which a script waits.
var waits = lazy.Regexp(`\b[Ww]ait\b|\bsleep\b|\buntil\b|\bwhile\b|rollout status|--wait\b|\bwatch\b|\bbake\b`)

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
			begins(c.step, before) || reverses(c.step, before) {
			continue
		}
		if call, name := c.reliesOn(before); call != "" {
			c.tooEarly(before, call, name)
			return
		}
	}
}

// reliesOn is the slow call of a step before that this one needs, and what it leaves unfinished; "" where they are independent.
func (c *checker) reliesOn(before *procedures.Step) (call, name string) {
	for _, d := range before.Analysis.Detail {
		if !d.Slow {
			continue
		}
		for _, name := range unfinished(d) {
			if c.speaksOf(name, d.Command) {
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
	if len(c.step.Analysis.Detail) > 0 || service != "eks" && slices.ContainsFunc(c.step.Analysis.Programs, isOfKubernetes) {
		return false
	}
	for line := range strings.Lines(c.step.Script.Text) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") && hasName(line, name) {
			return true
		}
	}
	return false
}

// isOfKubernetes reports a program whose names are those of a cluster's objects: a deployment is no service of ECS.
func isOfKubernetes(program string) bool {
	return slices.Contains([]string{"kubectl", "helm", "argocd", "flux", "kustomize"}, program)
}

// unfinished are the names of what a slow call leaves unfinished. An option names it whose words begin what the operation is about:
// of `restore-table-from-backup` that is --target-table-name and neither the source nor the backup, of `update-service` the service
// and not its cluster. What is made anew is called by that alone.
func unfinished(d procedures.PlannedCall) []string {
	_, operation, _ := strings.Cut(d.Command, " ")
	verb, noun, _ := strings.Cut(operation, "-")
	var names []string
	subject := false
	for _, arg := range d.Args {
		option, value, joined := strings.Cut(arg, "=")
		switch {
		case strings.HasPrefix(arg, "--"):
			if subject = isSubject(strings.TrimPrefix(option, "--"), noun); subject && joined {
				names = append(names, value)
			}
		case subject:
			names = append(names, arg)
		}
	}
	if !slices.Contains([]string{"create", "restore", "copy", "start", "run"}, verb) { // of run-task the task, not its definition
		names = append(names, strings.Split(d.Resource, ", ")...)
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == "" || strings.Contains(name, "$(") })
}

// isSubject reports whether an option names what an operation's noun says.
func isSubject(option, noun string) bool {
	stem := strings.TrimPrefix(strings.TrimSuffix(option, "s"), "target-")
	for _, kind := range []string{"-name", "-id", "-identifier", "-arn"} {
		stem = strings.TrimSuffix(stem, kind)
	}
	return stem == "name" || stem == "id" || strings.HasPrefix(noun+"-", stem+"-") || noun == stem+"s"
}

// hasName reports whether a name stands in a text as a whole: orders is not named by orders-archive, nor by orders:12, which is the
// revision of something that may be called so.
func hasName(text, name string) bool {
	part := func(r byte) bool { return isWordByte(r) || r == '-' || r == '.' }
	revision := func(at int) bool {
		return at+1 < len(text) && text[at] == ':' && text[at+1] >= '0' && text[at+1] <= '9'
	}
	for from := 0; name != ""; {
		i := strings.Index(text[from:], name)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(name)
		if (start == 0 || !part(text[start-1])) && (end == len(text) || !part(text[end]) && !revision(end)) {
			return true
		}
		from = start + 1
	}
	return false
}

// onlyLooks reports a step that reads how far a change is: what is there meanwhile can be described. What a restore makes has a status
// at once, and nothing else.
func (c *checker) onlyLooks(before *procedures.Step) bool {
	return c.step.Effect() == procedures.EffectRead && (!restores(before) || asksForStatus().MatchString(c.step.Script.Text))
}

// asksForStatus is a query for how far something is.
var asksForStatus = lazy.Regexp(`--query\b.*(?:Status|State)\b`)

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

// waitedFor drops the note that a change is answered before it is done where it is waited for: below it in the step, or by the page,
// before that changes anything else.
func (c *checker) waitedFor(i int) {
	below := strings.SplitAfter(c.step.Script.Text, "\n")
	c.unremarked(func(m procedures.Finding) bool {
		line := m.Line - c.step.Script.Line
		return line+1 < len(below) && waits().MatchString(strings.Join(below[line+1:], ""))
	})
	for _, next := range c.p.Steps[i+1:] {
		if next.Effect().Changes() && !begins(next, c.step) {
			return
		}
		if next.Annotations.Until != "" || next.Countdown > 0 || waits().MatchString(next.Script.Text) ||
			next.Kind == procedures.KindManual && waits().MatchString(next.Title) {
			c.unremarked(func(procedures.Finding) bool { return true })
			return
		}
	}
}

// unremarked drops the notes of the step's own lines that a change is answered before it is done, where one is waited for.
func (c *checker) unremarked(waited func(procedures.Finding) bool) {
	answered := func(m procedures.Finding) bool {
		return m.Rule == "asynchronous" && m.Line >= c.step.Script.Line &&
			m.Line < c.step.Script.Line+strings.Count(c.step.Script.Text, "\n") && waited(m)
	}
	c.step.Findings = slices.DeleteFunc(c.step.Findings, answered)
	c.p.Findings = slices.DeleteFunc(c.p.Findings, answered)
}

// begins reports whether a step begins the same slow changes as another: both are waited for together.
func begins(s, as *procedures.Step) bool {
	return slices.ContainsFunc(s.Analysis.Detail, func(d procedures.PlannedCall) bool {
		return d.Slow && slices.ContainsFunc(as.Analysis.Detail, func(e procedures.PlannedCall) bool {
			return e.Slow && e.Command == d.Command
		})
	})
}

// reverses reports a step that stops what one before it starts, or reboots what that stops: these are a list of what can be done, of which
// nobody does both.
func reverses(s, before *procedures.Step) bool {
	power := func(s *procedures.Step) (verb, noun string) {
		for _, d := range s.Analysis.Detail {
			_, operation, _ := strings.Cut(d.Command, " ")
			if verb, noun, _ := strings.Cut(operation, "-"); verb == "start" || verb == "stop" || verb == "reboot" {
				return verb, noun
			}
		}
		return "", ""
	}
	first, what := power(before)
	then, same := power(s)
	return what == same && (first == "start" && then == "stop" || first == "stop" && then == "reboot")
}

// deletes reports a step that destroys something for good: what it stops can be started.
func deletes(s *procedures.Step) bool {
	return slices.ContainsFunc(s.Analysis.Detail, func(d procedures.PlannedCall) bool {
		_, operation, _ := strings.Cut(d.Command, " ")
		return d.Effect == procedures.EffectDestroy && !strings.HasPrefix(operation, "stop-")
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
	if deletes(c.step) {
		c.add(procedures.SeverityWarning, "not-finished", at,
			"`%s` is deleted here: `%s` (line %d) may still be in progress, and the steps between must have "+
				"passed. Wait for it, and never delete after a failed verification", name, call, before.Line)
		return
	}
	c.add(procedures.SeverityWarning, "not-finished", at,
		"`%s` (line %d) returns before `%s` is ready: wait for it before you rely on it", call, before.Line, name)
}
