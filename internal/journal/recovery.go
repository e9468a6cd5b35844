package journal

import (
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Recovery is how long it took to bring data back, and how old they were: what a restore drill measures against the
// recovery time objective (RTO) and recovery point objective (RPO) of its runbook.
type Recovery struct {
	Steps         []*procedures.Step
	Missing       []*procedures.Step // of Steps, those that have not ended yet
	Began         time.Time          // when the first step began; zero where none did
	Ended         time.Time          // when the last step ended; zero as long as one is missing
	Took          time.Duration      // 0 as long as one is missing
	TimeObjective time.Duration      // the longest that it may take; 0 for none
	Failed        bool               // one of the steps failed or was skipped

	Point          time.Time     // of when the data are; zero where no answer told
	From           time.Time     // when the first changing step began; zero where none did
	Age            time.Duration // how old the data were then
	PointObjective time.Duration // how old they may be; 0 for none
}

// point is of when the data are that a call of the recovery found. ok is false for every other event.
func (v *Evidence) point(e procedures.Event) (at time.Time, ok bool) {
	step := v.Procedure.Step(e.Step)
	if step == nil || step.Annotations.Recovery == nil || e.Call == nil || e.Call.Planned != nil || e.Call.Status != 0 {
		return time.Time{}, false
	}
	return step.Annotations.Recovery.PointIn(e.Call.Document)
}

// Recovery measures the steps that bring data back, each by its newest attempt. It is nil where the procedure has none.
func (v *Evidence) Recovery() *Recovery {
	var r *Recovery
	for _, step := range v.Procedure.Steps {
		objectives := step.Annotations.Recovery
		if objectives == nil || step.Kind != procedures.KindScript {
			continue
		}
		if r == nil {
			values := v.values(nil)
			r = &Recovery{TimeObjective: objectives.Time.Of(values), PointObjective: objectives.Point.Of(values)}
		}
		r.Steps = append(r.Steps, step)
		a := v.Step(step.ID).Attempt
		r.add(step, a, v.points[a.Execution])
	}
	if r == nil {
		return nil
	}
	if len(r.Missing) > 0 {
		r.Ended = time.Time{}
	} else {
		r.Took = r.Ended.Sub(r.Began)
	}
	if !r.Point.IsZero() && !r.From.IsZero() {
		r.Age = r.From.Sub(r.Point)
	}
	return r
}

// add counts the newest attempt of a step in. point is of when the data are that it found; zero for none.
func (r *Recovery) add(step *procedures.Step, a *Attempt, point time.Time) {
	if a.Judgement == nil {
		r.Missing = append(r.Missing, step)
		return
	}
	started := a.Since()
	if v := a.Judgement.Verdict; v.Exit() > 0 || v == procedures.Skipped {
		r.Failed = true
	}
	if r.Began.IsZero() || started.Before(r.Began) {
		r.Began = started
	}
	if a.Ended.After(r.Ended) {
		r.Ended = a.Ended
	}
	if !point.IsZero() {
		r.Point = point
	}
	if step.Effect().Changes() && r.From.IsZero() {
		r.From = started
	}
}

// TimeMet reports whether the data were back in time. ok is false where there is no objective, or no answer yet.
func (r *Recovery) TimeMet() (met, ok bool) {
	if r.TimeObjective <= 0 || r.Failed {
		return false, r.TimeObjective > 0
	}
	if r.Ended.IsZero() {
		return false, false
	}
	return r.Took <= r.TimeObjective, true
}

// PointMet reports whether the data were young enough. ok is false where there is no objective, or no answer yet.
func (r *Recovery) PointMet() (met, ok bool) {
	if r.PointObjective <= 0 || r.Point.IsZero() || r.From.IsZero() {
		return false, false
	}
	return r.Age <= r.PointObjective, true
}
