package journal

import (
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// OpenConditions are the tasks that a changing step still waits for. One that somebody skipped, for a reason, is not waited for.
func OpenConditions(view *View, p *procedures.Procedure, step *procedures.Step) []*procedures.Step {
	if !step.Effect().Changes() {
		return nil
	}
	var open []*procedures.Step
	for _, id := range step.After {
		condition, v := p.Step(id), view.Step(id)
		if condition != nil && v.Verdict() != procedures.Passed && !(condition.Kind == procedures.KindScript && passed(v)) && !v.Skipped() {
			open = append(open, condition)
		}
	}
	return open
}

// Ready is nil when a step may start. Otherwise it is an error with CodeRefused that names what the step waits for: open
// conditions, or steps that it needs and that have not passed.
func Ready(view *View, p *procedures.Procedure, step *procedures.Step) error {
	if open := OpenConditions(view, p, step); len(open) > 0 {
		titles, how := make([]string, len(open)), "mark as done"
		for i, condition := range open {
			titles[i] = condition.Title
			if condition.Kind == procedures.KindScript {
				how = "run or mark as done"
			}
		}
		if !slices.ContainsFunc(open, func(s *procedures.Step) bool { return s.Kind == procedures.KindManual }) {
			how = "run"
		}
		return procedures.Errorf(procedures.CodeRefused, "first %s: %s. Nothing was changed", how, strings.Join(titles, "; "))
	}
	return Needed(view, p, step)
}

// Needed is nil when the steps that a step needs have passed, whatever the step does, or are among those requested before it. Otherwise
// it is an error with CodeRefused that names the first that has not.
func Needed(view *View, p *procedures.Procedure, step *procedures.Step, requested ...*procedures.Step) error {
	for _, id := range step.Annotations.Needs {
		v := view.Step(id)
		if passed(v) ||
			slices.ContainsFunc(requested, func(before *procedures.Step) bool { return before.ID == id }) {
			continue
		}
		title := id
		if needed := p.Step(id); needed != nil {
			title = needed.Title
		}
		return procedures.Errorf(procedures.CodeRefused, "waiting for “%s” to pass", title)
	}
	return nil
}

// passed reports a step whose newest execution ended well, and whole.
func passed(v *StepView) bool {
	return v.Judgement != nil && v.Judgement.Verdict.Exit() == 0 && v.Judgement.Verdict != procedures.Skipped && !v.Resumable()
}

// FailedBefore are the steps before one whose newest verdict speaks against continuing: they failed, could not run, or
// ended before their last changes.
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
