package web

import (
	"time"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// doing is how far a run is, and what it waits for.
type doing struct {
	templates.Standing
	// asked is the step whose change waits for the approval of other people; nil for none.
	asked   *procedures.Step
	request journal.ApprovalRequest
	bakes   *bakes             // nil where nothing is baking
	hand    []*procedures.Step // what people have to do yet, in order
	ended   *procedures.Step   // a manual step whose countdown is over; nil for none
}

// bakes is a step that watches at the moment.
type bakes struct {
	step    *procedures.Step
	number  int
	samples string    // what was seen so far
	ends    time.Time // zero for a watch without a time
	tone    string    // of the worst sample
}

// doingOf reads what was folded of a run.
func doingOf(run *procedures.Run, p *procedures.Procedure, f *folded, now time.Time) doing {
	out := doing{Standing: standing(run, p, f.view)}
	if !out.Open {
		return out
	}
	for i, step := range p.Steps {
		v := f.view.Step(step.ID)
		if r := v.Request; out.asked == nil && r != nil && r.Open() && !r.Approved() && r.Until.After(now) {
			out.asked, out.request = step, *r
		}
		if out.bakes == nil && step.Bake != nil && v.State == procedures.ExecutionRunning {
			out.bakes = &bakes{
				step: step, number: i + 1, samples: v.Samples.Sum(step.Bake.Samples()), tone: templates.Tone(v.Samples.Judge().Verdict),
			}
			if step.Bake.For > 0 {
				out.bakes.ends = v.Began.Add(step.Bake.For)
			}
		}
		if step.Kind != procedures.KindManual || step.OnDemand || step.Alternative || p.Outside(step, "") || gone(p, f.view, i) {
			continue
		}
		if until := v.Until(); !until.IsZero() && until.After(now) {
			continue // it counts down
		} else if !until.IsZero() && out.ended == nil {
			out.ended = step
		}
		out.hand = append(out.hand, step)
	}
	return out
}

// gone reports whether a step, or another way to do the same, was executed or marked, or runs.
func gone(p *procedures.Procedure, view *journal.View, i int) bool {
	for at := i; at < len(p.Steps) && (at == i || p.Steps[at].Alternative); at++ {
		v := view.Step(p.Steps[at].ID)
		if v.Running() || v.Verdict() != "" || v.Judgement != nil {
			return true
		}
	}
	return false
}
