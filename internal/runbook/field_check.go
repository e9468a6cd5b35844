package runbook

import (
	"fmt"

	"github.com/opsbook/opsbook/internal/procedures"
)

// checkFields says where a step uses a field as what it cannot be: the value of a field is one word, and no command.
func (b *pageBuilder) checkFields(s *procedures.Step) {
	for i := range b.p.Parameters {
		if p := &b.p.Parameters[i]; p.List {
			s.Lists = append(s.Lists, p.Name)
		}
	}
	for _, use := range s.Analysis.FieldUses {
		p := b.p.Parameter(use.Name)
		if p == nil || use.Kind == procedures.FieldList && p.List {
			continue
		}
		found := procedures.Finding{
			File: b.d.file, Line: use.Line, Column: use.Column, Severity: procedures.SeverityError, Rule: "field-is-no-command",
			Message: fmt.Sprintf("the value of the field %s would be the name of a command, which no value becomes: "+
				"write the commands that may be meant, with case", use.Name),
		}
		if use.Kind == procedures.FieldList {
			found.Severity, found.Rule = procedures.SeverityWarning, "field-is-one-word"
			found.Corrected = "params: {" + use.Name + ": {list: true}}"
			found.Message = fmt.Sprintf("the value of the field %s is one word here, whatever is in it. Where it is a list on purpose, "+
				"say so in the front matter: %s", use.Name, found.Corrected)
		}
		s.Findings = append(s.Findings, found)
	}
}
