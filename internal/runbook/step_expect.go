package runbook

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// expression is a JMESPath expression of a step's annotations.
type expression struct {
	key, text string
	line      int
}

// expressionsOf are those that judge answers. Parameters in them count as numbers, as their values come later.
func expressionsOf(s *procedures.Step) []expression {
	var all []expression
	add := func(key, text string, line int) {
		all = append(all, expression{key, procedures.FillExpression(text, func(string) string { return "0" }), line})
	}
	for _, e := range s.Annotations.Expect {
		add("expect", e.That, e.Line)
	}
	for _, e := range s.Annotations.Warn {
		add("warn", e.That, e.Line)
	}
	if s.Annotations.Until != "" {
		add("until", s.Annotations.Until, s.Line)
	}
	return all
}

// findJudged finds the call of a step that its expectations judge: the last one whose answer has the members that they name, or the one
// that `call` names. It says what no answer has, and where one cannot tell which of several is meant.
func (b *pageBuilder) findJudged(s *procedures.Step) {
	answers, known := b.d.options.Analyser.(procedures.Answerer)
	expressions, calls := expressionsOf(s), s.Analysis.Detail
	if !known || len(expressions) == 0 || len(calls) == 0 || len(s.Analysis.Scripts) > 0 || s.Bake != nil {
		return
	}
	find := func(severity procedures.Severity, rule string, line int, format string, args ...any) {
		s.Findings = append(s.Findings, procedures.Finding{
			File: b.d.file, Line: line, Column: 1, Severity: severity, Rule: rule, Message: fmt.Sprintf(format, args...),
		})
	}
	if name := s.Annotations.Call; name != "" {
		if calls = callsNamed(calls, name); len(calls) == 0 {
			find(procedures.SeverityError, "annotation", s.Line, "`call` names %q, and the step makes no such call: it makes %s",
				name, callNames(s.Analysis.Detail))
			return
		}
	}
	var fits []procedures.PlannedCall
	for _, c := range calls {
		fit := true
		for _, e := range expressions {
			member, _ := answers.Lacks(c, e.text)
			fit = fit && member == ""
		}
		if fit {
			fits = append(fits, c)
		}
	}
	if len(fits) == 0 {
		for _, e := range expressions {
			for _, c := range slices.Backward(calls) {
				member, near := answers.Lacks(c, e.text)
				if member == "" || anyHas(answers, calls, member) { // it may be written for the answers of several calls
					continue
				}
				if near != "" {
					near = ": did you mean " + near + "?"
				}
				find(procedures.SeverityError, "expect-member", e.line, "`%s` names %s, which the answer of %s does not have%s",
					e.key, member, c.Command, near)
				break
			}
		}
		return
	}
	judged := fits[len(fits)-1]
	s.Annotations.Judges = procedures.Judged{Command: judged.Command, Several: len(s.Analysis.Detail) > 1}
	if len(callsNamed(s.Analysis.Detail, judged.Command)) > 1 {
		s.Annotations.Judges.Line = judged.Line
	}
	if len(fits) > 1 {
		advice := "`call: NAME` names one"
		if len(callsNamed(fits, judged.Command)) == len(fits) {
			advice = "with a step of its own each call has its expectations"
		}
		find(procedures.SeverityWarning, "expect-call", expressions[0].line,
			"`%s` cannot tell which of %d calls it judges (%s): it judges the last one, in line %d; %s",
			expressions[0].key, len(fits), callNames(fits), judged.Line, advice)
	}
}

// anyHas reports whether the answer of one of the calls has a member at its top.
func anyHas(answers procedures.Answerer, calls []procedures.PlannedCall, member string) bool {
	return slices.ContainsFunc(calls, func(c procedures.PlannedCall) bool {
		lacks, _ := answers.Lacks(c, strconv.Quote(member))
		return lacks == ""
	})
}

// callsNamed are the calls of a name: "ecs describe-services", or its operation alone.
func callsNamed(calls []procedures.PlannedCall, name string) []procedures.PlannedCall {
	var out []procedures.PlannedCall
	for _, c := range calls {
		if c.Command == name || strings.HasSuffix(c.Command, " "+name) || c.Program+" "+c.Command == name {
			out = append(out, c)
		}
	}
	return out
}

// callNames are the names of calls, once each.
func callNames(calls []procedures.PlannedCall) string {
	var names []string
	for _, c := range calls {
		names = addNew(names, c.Command)
	}
	return strings.Join(names, ", ")
}
