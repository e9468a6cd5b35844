package runbook

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// bake makes a bake of a step that is annotated so: its script is repeated, and the alarms are watched, for that long. The lines still run
// once in a terminal. What changes something is not repeated: it runs once, and a finding says so.
func (b *pageBuilder) bake(s *procedures.Step, blk *block) {
	a := s.Annotations
	if old := s.Bake; old != nil && !old.Watch && old.Wrong == "" && a.Bake == 0 && len(a.Alarms) == 0 {
		b.bakeCommand(s, blk)
		return
	}
	refuse := func(format string, args ...any) {
		s.Findings = append(s.Findings, procedures.Finding{File: b.d.file, Line: s.Line, Column: 1,
			Severity: procedures.SeverityError, Rule: "annotation", Message: fmt.Sprintf(format, args...)})
	}
	every := a.Every
	if every == 0 {
		every = procedures.BakeEvery
		if every > a.Bake {
			every = max(a.Bake/10, procedures.BakeShortest).Truncate(time.Second)
		}
	}
	switch {
	case a.Bake == 0 && len(a.Alarms) > 0:
		refuse("`alarms` are those of a bake: add `bake`, such as `#| bake: 30m`")
		return
	case a.Bake == 0:
		return
	case s.Bake != nil:
		refuse("`bake` is for an ordinary command: this one is a bake, or a watch, of its own")
		return
	case s.Effect().Changes():
		refuse("`bake` repeats its command, which may only read: this step makes changes, and runs once")
		return
	case a.Bake > procedures.BakeLongest:
		refuse("`bake` is %s at most", procedures.FormatDuration(procedures.BakeLongest))
		return
	case every > a.Bake || every < procedures.BakeShortest || a.Bake/every > procedures.MaxSamples:
		refuse("`every` is between %s and the time of the bake, and a bake takes %d samples at most",
			procedures.FormatDuration(procedures.BakeShortest), procedures.MaxSamples)
		return
	}
	bake := &procedures.Bake{For: a.Bake, Every: every, Named: len(a.Alarms) > 0, Command: s.Script}
	if bake.Named {
		bake.Alarms = procedures.AlarmsScript(quotedNames(a.Alarms), procedures.Script{File: s.Script.File, Line: s.Script.Line})
		if b.d.options.Analyser != nil {
			of := b.d.options.Analyser.Analyse(bake.Alarms)
			s.Analysis.Effect = s.Analysis.Effect.Worse(of.Effect)
			s.Analysis.Calls = slices.Concat(of.Calls, s.Analysis.Calls)
			s.Analysis.Detail = slices.Concat(of.Detail, s.Analysis.Detail)
			for _, name := range of.Uses {
				if !slices.Contains(s.Analysis.Uses, name) {
					s.Analysis.Uses = append(slices.Clone(s.Analysis.Uses), name)
				}
			}
		}
	}
	s.Analysis.Detail = slices.Clone(s.Analysis.Detail)
	for i := range s.Analysis.Detail {
		s.Analysis.Detail[i].Repeats = true
	}
	s.Bake = bake
}

// bakeCommand says of a bake that is written as a command how annotations say the same.
func (b *pageBuilder) bakeCommand(s *procedures.Step, blk *block) {
	m := procedures.Finding{File: b.d.file, Line: s.Line, Column: 1, Severity: procedures.SeverityWarning, Rule: "bake-command",
		Message: "`bake` as a command runs in no terminal, and a later version does not read it: " +
			"write `#| bake: " + procedures.FormatDuration(s.Bake.For) + "` over the command that is repeated",
		Corrected: b.restorePlaceholders(s.Bake.Annotated, blk)}
	if a := s.Annotations; a.Every > 0 || a.Retry > 0 || a.Until != "" { // which the command went without
		m.Corrected = ""
	}
	for i, line := range strings.Split(s.Script.Text, "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "bake") {
			m.Line, m.Column = s.Script.Line+i, strings.Index(line, "bake")+1
			break
		}
	}
	s.Findings = append(s.Findings, m)
}

// alarmVariable is a variable in the name of an alarm; plainVariables is a name with nothing else that double quotes leave a meaning.
var (
	alarmVariable  = lazy.Regexp(`\$(?:\{[A-Za-z_]\w*\}|[A-Za-z_]\w*)`)
	plainVariables = lazy.Regexp(`^(?:[\w ./:@%+=,()-]|\$\{[A-Za-z_]\w*\}|\$[A-Za-z_]\w*)+$`)
)

// quotedNames are names as words of the shell, with the variables in them.
func quotedNames(names []string) string {
	words := make([]string, len(names))
	for i, name := range names {
		if plainVariables().MatchString(name) && alarmVariable().MatchString(name) {
			words[i] = `"` + name + `"`
			continue
		}
		var word strings.Builder
		done := 0
		for _, at := range append(alarmVariable().FindAllStringIndex(name, -1), []int{len(name), len(name)}) {
			if done < at[0] {
				quoted, err := syntax.Quote(name[done:at[0]], syntax.LangBash)
				if err != nil { // a zero byte, which YAML has none of
					quoted = "''"
				}
				word.WriteString(quoted)
			}
			if at[0] < at[1] {
				word.WriteString(`"` + name[at[0]:at[1]] + `"`)
			}
			done = at[1]
		}
		words[i] = word.String()
	}
	return strings.Join(words, " ")
}
