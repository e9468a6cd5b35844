package runbook

import (
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// checkNeeds looks for the steps that `needs` names. A name with # or / is of another page, and is
// not checked.
func (b *pageBuilder) checkNeeds(s *procedures.Step) {
	for _, id := range s.Annotations.Needs {
		if strings.Contains(id, "#") || strings.Contains(id, "/") || b.p.Step(id) != nil {
			continue
		}
		b.noStep(s, "needs", id)
	}
}

// noStep says that an annotation names a step that is not there.
func (b *pageBuilder) noStep(s *procedures.Step, key, id string) {
	ids := []string{}
	for _, other := range b.p.Steps {
		ids = append(ids, other.ID)
	}
	message := fmt.Sprintf("`%s` names the step %q, which this page does not have", key, id)
	if near := procedures.Nearest(id, ids); near != "" {
		message += fmt.Sprintf(": did you mean %q?", near)
	}
	s.Findings = append(s.Findings, procedures.Finding{
		File: b.d.file, Line: s.Line, Column: 1, Severity: procedures.SeverityError, Rule: "annotation", Message: message,
	})
}

// checkRollback reads the rollback of a step: a step of the page, or a line that can be run. It is found out now, and not when
// somebody needs it.
func (b *pageBuilder) checkRollback(s *procedures.Step) {
	way := strings.TrimSpace(s.Annotations.Rollback)
	switch {
	case way == "" || b.p.Step(way) != nil:
		return
	case !strings.ContainsAny(way, " \t\n"):
		b.noStep(s, "rollback", way)
		return
	}
	analysis := b.d.options.Analyser.Analyse(procedures.Script{File: b.d.file, Line: s.Line, Text: way + "\n"})
	if why := analysis.Hindrance(); why != "" {
		s.Findings = append(s.Findings, procedures.Finding{
			File: b.d.file, Line: s.Line, Column: 1, Severity: procedures.SeverityError, Rule: "annotation",
			Message: "`rollback` cannot run here: " + why,
		})
	}
	for _, m := range analysis.Findings {
		if m.Severity == procedures.SeverityError {
			m.Line, m.Column, m.Message = s.Line, 1, "`rollback`: "+m.Message
			s.Findings = append(s.Findings, m)
		}
	}
}
