package journal

import (
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestAViewHasTheNewestProgress(t *testing.T) {
	begin := func() (*View, func(procedures.Event)) {
		v, n := NewView(), int64(0)
		apply := func(e procedures.Event) {
			n++
			e.Number, e.Step, e.Execution, e.At = n, "copy", "x", began.Add(time.Duration(n)*time.Second)
			v.Apply(e)
		}
		apply(procedures.Event{Kind: procedures.EventStepRequested})
		apply(procedures.Event{Kind: procedures.EventStepStarted})
		for done := range int64(3) {
			apply(procedures.Event{Kind: procedures.EventProgress, Progress: &procedures.Progress{Done: done + 1, Of: 9}})
		}
		return v, apply
	}
	v, apply := begin()
	if p := v.Step("copy").Progress; p == nil || p.Done != 3 || len(v.Step("copy").Output.Pieces) > 0 {
		t.Errorf("while it runs: %+v", v.Step("copy"))
	}
	apply(procedures.Event{Kind: procedures.EventStepFinished, Judgement: &procedures.Judgement{Verdict: procedures.Info}})
	if p := v.Step("copy").Progress; p != nil {
		t.Errorf("after its end: %+v", p)
	}
	v, apply = begin()
	apply(procedures.Event{Kind: procedures.EventStepFinished, Judgement: &procedures.Judgement{Verdict: procedures.Unknown}})
	if p := v.Step("copy").Progress; p == nil || p.Done != 3 {
		t.Errorf("after it was cut off: %+v", p)
	}
	apply(procedures.Event{Kind: procedures.EventStepStarted})
	if p := v.Step("copy").Progress; p != nil {
		t.Errorf("begun again: %+v", p)
	}
}
