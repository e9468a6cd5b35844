package web

import (
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// bakePage is a change, a bake of ten minutes under it, and a view of a run of both.
func bakePage(events ...procedures.Event) (*templates.RunPage, *journal.View, *procedures.Step) {
	change := &procedures.Step{
		ID: "change", Title: "Change it", Kind: procedures.KindScript, Analysis: procedures.Analysis{Effect: procedures.EffectChange},
	}
	bake := &procedures.Step{
		ID: "bake", Title: "Watch it", Kind: procedures.KindScript, Bake: &procedures.Bake{For: 10 * time.Minute, Every: time.Minute},
	}
	page := &templates.RunPage{
		Procedure: &procedures.Procedure{Steps: []*procedures.Step{change, bake}}, Run: &procedures.Run{State: procedures.RunOpen},
	}
	view := journal.NewView()
	for i, e := range events {
		e.Number = int64(i + 1)
		view.Apply(e)
	}
	return page, view, bake
}

var bakeBegan = time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)

func begun(step, execution string) []procedures.Event {
	return []procedures.Event{
		{Kind: procedures.EventStepRequested, Step: step, Execution: execution, At: bakeBegan},
		{Kind: procedures.EventStepStarted, Step: step, Execution: execution, At: bakeBegan},
	}
}

func look(n int, v procedures.Verdict, values ...procedures.SampleValue) procedures.Event {
	return procedures.Event{
		Kind: procedures.EventSample, Step: "bake", Execution: "b", At: bakeBegan.Add(time.Duration(n-1) * time.Minute),
		Judgement: &procedures.Judgement{Verdict: v, Reason: "so it is."}, Sample: &procedures.Sample{Number: n, Values: values},
	}
}

func TestBakeThatGoesOnIsDrawn(t *testing.T) {
	few := procedures.SampleValue{Name: "Errors, Sum", Value: 3}
	alarms := procedures.SampleValue{Name: journal.AlarmsWatched}
	events := append(begun("bake", "b"), look(1, procedures.Passed, alarms, few),
		look(2, procedures.Passed, alarms, few), look(3, procedures.Warned, alarms, procedures.SampleValue{Name: "Errors, Sum", Value: 9}))
	page, view, step := bakePage(events...)
	b := bakeState(view, step)
	if b == nil || b.Sum != "sample 3 of 11, 1 warned" || !b.Ended.IsZero() ||
		changeBefore(page, view, step) != nil || b.Samples.N() != 3 ||
		b.Samples.Last().Judgement.Verdict != procedures.Warned {
		t.Fatalf("%+v", b)
	}
	c := b.Chart
	if c == nil || len(c.Series) != 1 || c.Series[0].Name != "Errors, Sum" {
		t.Fatalf("the chart: %+v", c)
	}
	// It has the whole time of the bake, and the line ends where it has come to: two of ten minutes.
	if !c.From.Equal(bakeBegan) || !c.To.Equal(bakeBegan.Add(10*time.Minute)) || c.Reached != "M120.0 0V110" ||
		!strings.HasPrefix(c.Series[0].Line, "M0.0 ") || !strings.Contains(c.Series[0].Line, "L120.0 5.0") {
		t.Errorf("the chart: %+v, reached %q", c, c.Reached)
	}
}

func TestFailedBakeOffersTheRollback(t *testing.T) {
	finished := func(step, execution string, v procedures.Verdict) procedures.Event {
		return procedures.Event{
			Kind: procedures.EventStepFinished, Step: step, Execution: execution, At: bakeBegan.Add(time.Minute),
			Judgement: &procedures.Judgement{Verdict: v},
		}
	}
	made := procedures.Event{
		Kind: procedures.EventCall, Step: "change", Execution: "c", At: bakeBegan,
		Call: &procedures.Call{Command: "lambda update-it", Effect: procedures.EffectChange, PlanNumber: 1},
	}
	read := func(change procedures.Change) procedures.Event {
		return procedures.Event{Kind: procedures.EventChanged, Step: "change", Execution: "c", At: bakeBegan, Change: &change}
	}
	bake := append(begun("bake", "b"), look(1, procedures.Failed), finished("bake", "b", procedures.Failed))
	tests := []struct {
		name       string
		events     []procedures.Event
		way        bool
		noRollback string
		execution  string
	}{
		{
			"with the values from before", append(append(begun("change", "c"), made,
				read(procedures.Change{Command: "lambda update-it", Rollback: []string{"aws lambda update-it"}}),
				finished("change", "c", procedures.Passed)), bake...), true, "", "c",
		},
		{
			"where there is none", append(append(begun("change", "c"), made,
				read(procedures.Change{Command: "lambda update-it", NoRollback: "AWS has none"}),
				finished("change", "c", procedures.Passed)), bake...), false, "No rollback: AWS has none.", "",
		},
	}
	for _, test := range tests {
		page, view, step := bakePage(test.events...)
		before := changeBefore(page, view, step)
		if before == nil || before.Of.ID != "change" || (before.Rollback != "") != test.way ||
			before.NoRollback != test.noRollback && !test.way || before.Execution != test.execution {
			t.Errorf("%s: %+v", test.name, before)
		}
	}
	page, view, step := bakePage(bake...) // nothing was changed in this run
	if before := changeBefore(page, view, step); before != nil {
		t.Errorf("%+v", before)
	}
}

func TestManyLooksAreThinned(t *testing.T) {
	var list []procedures.Datapoint
	for i := range 5000 {
		value := 0.0
		if i == 4321 {
			value = 7
		}
		list = append(list, procedures.Datapoint{At: bakeBegan.Add(time.Duration(i) * time.Second), Value: value})
	}
	thin := thinned([]procedures.Series{{Label: "x", Points: list}})[0].Points
	if len(thin) > maxPoints {
		t.Errorf("%d points are drawn", len(thin))
	}
	highest := 0.0
	for _, p := range thin {
		highest = max(highest, p.Value)
	}
	if highest != 7 {
		t.Error("the highest one is gone")
	}
}

// TestFailedBakeDrawsWhatWasJudged has the judged number with its limit as a line, and not what is around it: also where it failed at
// its first sample, and where the limit is far from all values.
func TestFailedBakeDrawsWhatWasJudged(t *testing.T) {
	limit := 2.0
	judged := func(v float64) procedures.SampleValue {
		return procedures.SampleValue{Name: "max(Datapoints[].Sum)", Value: v, Limit: &limit, Sign: "<=", Verdict: procedures.Failed}
	}
	around := procedures.SampleValue{Name: "Errors, Sum", Value: 0}
	end := procedures.Event{
		Kind: procedures.EventStepFinished, Step: "bake", Execution: "b", At: bakeBegan.Add(time.Minute),
		Judgement: &procedures.Judgement{Verdict: procedures.Failed, Reason: "37 errors"},
	}
	for name, looks := range map[string][]procedures.Event{
		"later":    {look(1, procedures.Passed, judged(1), around), look(2, procedures.Failed, judged(37), around)},
		"at first": {look(1, procedures.Failed, judged(37), around)},
	} {
		_, view, step := bakePage(append(append(begun("bake", "b"), looks...), end)...)
		c := bakeState(view, step).Chart
		if c == nil || len(c.Series) != 1 || c.Series[0].Name != "max(Datapoints[].Sum)" || c.Series[0].Line == "" || c.Top != "37" {
			t.Fatalf("%s: the chart is %+v", name, c)
		}
		if len(c.Guides) != 1 || c.Guides[0].Line == "" || c.Guides[0].Name != "limit: <= 2" || c.Guides[0].Verdict != procedures.Failed {
			t.Errorf("%s: the limit is %+v", name, c.Guides)
		}
		if !strings.Contains(c.Label, "37") {
			t.Errorf("%s: who does not see it hears %q", name, c.Label)
		}
	}
	// It is of the alarms where those broke their limit.
	none := 0.0
	alarm := procedures.SampleValue{Name: journal.AlarmsWatched, Value: 1, Limit: &none, Sign: "<=", Verdict: procedures.Failed}
	_, view, step := bakePage(append(begun("bake", "b"), look(1, procedures.Failed, judged(1), alarm), end)...)
	if c := bakeState(view, step).Chart; c == nil || len(c.Series) != 1 || c.Series[0].Name != journal.AlarmsWatched {
		t.Errorf("after an alarm the chart is %+v", c)
	}
}
