package engine

import (
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Independent reports whether two steps may be executed at the same time.
// a stands before b on the page. A step that sets what the other uses, or changes something, depends on the order.
func Independent(a, b *procedures.Step) bool {
	if p := b.Annotations.Parallel; p != nil && !*p {
		return false
	}
	if p := a.Annotations.Parallel; p != nil && !*p {
		return false
	}
	if a.Bake != nil || b.Bake != nil { // what stands below a bake waits until it is over
		return false
	}
	if slices.Contains(b.Annotations.Needs, a.ID) {
		return false
	}
	return procedures.Independent(a.Analysis, b.Analysis)
}

// Together returns the steps that Run all executes next, and the step before which it stops because that makes changes; nil
// where it stops before none. With a section it is about the steps in that section. done reports whether a step was executed
// already.
// Steps before the last change that was executed are not repeated, unless nothing behind it is left.
func Together(p *procedures.Procedure, section string, done func(*procedures.Step) bool) (
	steps []*procedures.Step, before *procedures.Step,
) {
	all, first := p.Under(section), 0
	for i, step := range all {
		pending := func(s *procedures.Step) bool { return Runnable(s) && !done(s) }
		if step.Effect().Changes() && done(step) && slices.ContainsFunc(all[i+1:], pending) {
			first = i + 1
		}
	}
	for _, step := range all[first:] {
		switch {
		case !InAll(p, section, step):
		case step.Effect().Changes():
			return steps, step
		default:
			steps = append(steps, step)
		}
	}
	return steps, nil
}

// InAll reports whether Run all of a procedure, or of one of its sections, has a part for a step: not for what a person does, for
// one of several alternatives, for what is done on demand, or for what stands in an aside.
func InAll(p *procedures.Procedure, section string, step *procedures.Step) bool {
	return Runnable(step) && !Alternative(p, slices.Index(p.Steps, step)) && !step.OnDemand && !p.Outside(step, section)
}

// Runnable reports whether Run all may execute a step: not a manual one, nor a bake that a person has to end.
func Runnable(s *procedures.Step) bool {
	return s.Kind == procedures.KindScript && !s.Annotations.Manual && s.Analysis.Refused == "" && (s.Bake == nil || !s.Bake.Endless())
}

// Alternative reports whether the step at i is one of several of which one is chosen.
func Alternative(p *procedures.Procedure, i int) bool {
	return p.Steps[i].Alternative || i+1 < len(p.Steps) && p.Steps[i+1].Alternative
}

// Resources names what calls change: a service's resource, or a service or program as a whole where a call does not say which
// of its resources it changes. Two executions that share one are not executed at the same time.
// The names are those under which a worker locks: sorted, without repetitions.
func Resources(calls []procedures.PlannedCall) []string {
	var out []string
	for _, c := range calls {
		if c.Effect.Changes() {
			service, _, _ := strings.Cut(c.Command, " ")
			out = append(out, strings.TrimSpace(service+" "+c.Resource))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Executed reports of a step whether it was executed to its end, by the executions of a run. Resumable counts only where the
// executions are decrypted.
func Executed(executions []*procedures.Execution) func(*procedures.Step) bool {
	return func(step *procedures.Step) bool {
		return slices.ContainsFunc(executions, func(e *procedures.Execution) bool {
			return e.Step == step.ID && e.State == procedures.ExecutionFinished && !e.Resumable &&
				e.Verdict != procedures.Skipped && e.Verdict != procedures.Errored && e.Verdict != procedures.Unavailable
		})
	}
}
