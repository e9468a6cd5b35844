package journal

import (
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// OpenConditions are the conditions that a changing step still waits for: steps before it that are done by hand. One that
// somebody left out, for a reason, is not waited for.
func OpenConditions(view *View, p *procedures.Procedure, step *procedures.Step) []*procedures.Step {
	var open []*procedures.Step
	for _, id := range step.After {
		if condition := p.Step(id); condition != nil && step.Effect().Changes() && view.Step(id).Verdict() != procedures.Passed && !view.Step(id).Skipped() {
			open = append(open, condition)
		}
	}
	return open
}

// Ready says what a step still waits for, or nil.
func Ready(view *View, p *procedures.Procedure, step *procedures.Step) error {
	if waits := OpenConditions(view, p, step); len(waits) > 0 {
		open := make([]string, len(waits))
		for i, condition := range waits {
			open[i] = condition.Title
		}
		return procedures.Errorf(procedures.CodeRefused, "%s waits for: %s. Mark them as done first; nothing was changed", step.Title, strings.Join(open, "; "))
	}
	for _, id := range step.Annotations.Needs {
		v := view.Steps[id]
		if v == nil || v.Judgement == nil || v.Judgement.Verdict.Exit() != 0 || v.Resumable() {
			title := id
			if needed := p.Step(id); needed != nil {
				title = needed.Title
			}
			return procedures.Errorf(procedures.CodeRefused, "%s needs %s to have passed; it has not", step.Title, title)
		}
	}
	return nil
}

// FailedBefore are the steps before a changing one whose newest verdict speaks against going on: they failed, or it is not known
// what they would have said.
func FailedBefore(view *View, p *procedures.Procedure, step *procedures.Step) []*procedures.Step {
	var out []*procedures.Step
	for _, before := range p.Steps {
		if before.ID == step.ID {
			break
		}
		if v := view.Step(before.ID); v.Verdict().Exit() > 0 || v.Resumable() {
			out = append(out, before)
		}
	}
	return out
}
