package engine

import (
	"cmp"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
)

// RollbackStep is a step's rollback as a step that is planned and executed like any other, without the step's expectations. An
// empty script means the step that the runbook names as the rollback, under the id of the step. repeated reports that the
// execution to roll back was a rollback itself, for which the runbook names none.
// The error has the code refused: the rollback is a manual step, or its script cannot run.
func (g *Engine) RollbackStep(p *procedures.Procedure, step *procedures.Step, repeated bool, script string) (*procedures.Step, error) {
	if script == "" && !repeated {
		if other := p.Step(step.Annotations.Rollback); other != nil {
			named := *other
			named.ID, named.Title = step.ID, "Rollback: "+other.Title
			// It is executed in the place of both: the stricter of the two counts.
			named.Annotations.Approvals = max(other.Annotations.Approvals, step.Annotations.Approvals)
			named.Annotations.Confirm = cmp.Or(other.Annotations.Confirm, step.Annotations.Confirm)
			if named.Kind != procedures.KindScript || named.Annotations.Manual {
				return nil, procedures.Errorf(procedures.CodeRefused, "%s is rolled back by %s, which is a manual step",
					step.Title, other.Title)
			}
			return &named, refusal(&named)
		}
	}
	back := &procedures.Step{
		ID: step.ID, Title: "Rollback: " + step.Title, Kind: procedures.KindScript, File: step.File, Line: step.Line, Language: "bash",
		Source: script, Parameters: step.Parameters, Lists: step.Lists,
		Script: procedures.Script{File: step.File, Line: step.Line, Text: script + "\n"},
		Annotations: procedures.Annotations{
			Effect: procedures.EffectChange, Timeout: step.Annotations.Timeout, Confirm: step.Annotations.Confirm,
			Approvals: step.Annotations.Approvals,
		},
	}
	back.Analysis = (&analyse.Analyser{Command: g.Commands}).Analyse(back.Script)
	return back, refusal(back)
}

// refusal is why a rollback cannot run, nil where it can.
func refusal(step *procedures.Step) error {
	if why := step.Analysis.Hindrance(); why != "" {
		return procedures.Errorf(procedures.CodeRefused, "it is not rolled back: %s", why)
	}
	return nil
}
