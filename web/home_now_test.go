package web

import (
	"slices"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs/schedules"
	"github.com/opsbook/opsbook/web/templates"
)

// TestWhatARunNeeds folds journals, and reads of each what it needs of people.
func TestWhatARunNeeds(t *testing.T) {
	t.Parallel()
	p := &procedures.Procedure{ID: "book/deploy", Title: "Deploy", Steps: []*procedures.Step{
		{ID: "tell", Title: "Tell them", Kind: procedures.KindManual},
		{ID: "roll", Title: "Roll out"},
		{ID: "watch", Title: "Watch", Bake: &procedures.Bake{For: time.Hour, Every: time.Minute}},
		{ID: "wait", Title: "Wait", Kind: procedures.KindManual, Countdown: time.Minute},
		{ID: "sms", Title: "Or send a message", Kind: procedures.KindManual, Alternative: true},
	}}
	now := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	failed := procedures.Judgement{Verdict: procedures.Failed, Reason: "3 alarms"}
	at := func(kind procedures.EventKind, step string) procedures.Event {
		return procedures.Event{Kind: kind, Step: step, Execution: step, At: now.Add(-5 * time.Minute), By: "Ada"}
	}
	asked := at(procedures.EventApprovalRequested, "roll")
	asked.Duration, asked.Approvals = time.Hour, 2
	expired := asked
	expired.Duration = time.Minute
	ended := at(procedures.EventStepFinished, "roll")
	ended.Judgement = &failed
	sample := at(procedures.EventSample, "watch")
	sample.Sample, sample.Judgement = &procedures.Sample{Number: 1}, &procedures.Judgement{Verdict: procedures.Passed}
	counted := at(procedures.EventCountdown, "wait")
	counted.Duration = time.Minute
	watching := []procedures.Event{at(procedures.EventStepRequested, "watch"), at(procedures.EventStepStarted, "watch"), sample}
	for name, c := range map[string]struct {
		events []procedures.Event
		state  procedures.RunState
		want   []string
	}{
		"nothing yet": {nil, procedures.RunOpen, nil},
		"red": {
			[]procedures.Event{at(procedures.EventStepRequested, "roll"), at(procedures.EventStepStarted, "roll"), ended},
			procedures.RunFinished,
			[]string{"fail Roll out: failed 3 alarms (Deploy, step 2)"},
		},
		"an approval": {
			[]procedures.Event{asked}, procedures.RunOpen,
			[]string{"warn Roll out: waiting for approval Ada asks; 0 of 2 given (Deploy, step 2)"},
		},
		"one that has expired": {[]procedures.Event{expired}, procedures.RunOpen, nil},
		"a bake": {
			watching, procedures.RunOpen, []string{"run Watch: baking sample 1 of 61, all good (Deploy, step 3)"},
		},
		"a bake of a run that is over": {watching, procedures.RunFinished, nil},
		"by hand": {
			[]procedures.Event{at(procedures.EventMarkedDone, "tell")}, procedures.RunOpen,
			[]string{"warn Wait: to do by hand  (Deploy, step 4)"},
		},
		"time is up": {
			[]procedures.Event{at(procedures.EventMarkedDone, "roll"), counted}, procedures.RunOpen,
			[]string{"warn Wait: time is up 1 more step by hand (Deploy, step 4)"},
		},
		"another way was gone": {
			[]procedures.Event{at(procedures.EventMarkedDone, "tell"), at(procedures.EventMarkedDone, "sms")}, procedures.RunOpen, nil,
		},
	} {
		f := &folded{view: journal.NewView()}
		for i, e := range c.events {
			e.Number = int64(i + 1)
			f.view.Apply(e)
		}
		r := homeRun{procedure: p, run: &procedures.Run{ID: "r", State: c.state}}
		r.doing = doingOf(r.run, p, f, now)
		var got []string
		for _, of := range []func(homeRun) []templates.Need{redNeeds, approvalNeeds, bakeNeeds, handNeeds} {
			for _, n := range of(r) {
				got = append(got, n.Tone+" "+n.Title+": "+n.Word+" "+n.Says+" ("+n.Where+")")
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestWhatIsDue has what is late among what needs somebody, and what comes soon in order.
func TestWhatIsDue(t *testing.T) {
	t.Parallel()
	now := time.Now()
	shelf := []*procedures.Procedure{{ID: "late"}, {ID: "missed"}, {ID: "never"}, {ID: "soon"}, {ID: "sooner"}, {ID: "far"}, {ID: "none"}, {
		ID: "elsewhere", Environments: []string{"other"},
	}}
	page := &templates.Home{Frame: templates.Frame{Environment: procedures.Environment{Name: "prod"}}}
	late := dueOf(page, shelf, map[string]schedules.Timing{
		"late":   {Due: now.Add(-48 * time.Hour)},
		"missed": {Planned: &procedures.Scheduled{At: now.Add(-72 * time.Hour), Reason: "no server ran"}},
		"never":  {Never: true}, "soon": {Next: now.Add(2 * time.Hour)}, "sooner": {Next: now.Add(time.Hour)},
		"far":       {Next: now.Add(99 * time.Hour)},
		"elsewhere": {Due: now.Add(-48 * time.Hour)},
	}, now)
	var words, due []string
	for _, n := range late {
		words = append(words, n.Href+" "+n.Word+" "+n.Says)
	}
	for _, d := range page.Due {
		due = append(due, d.Procedure.ID)
	}
	if !slices.Equal(words, []string{"/procedures/missed missed no server ran", "/procedures/late overdue "}) {
		t.Errorf("late are %q", words)
	}
	if !slices.Equal(due, []string{"never", "sooner", "soon"}) {
		t.Errorf("due are %q", due)
	}
}

// TestTiles have the newest value, its unit and limit, and whether it is stale.
func TestTiles(t *testing.T) {
	t.Parallel()
	now, limit := time.Now(), 2.0
	p := &procedures.Procedure{ID: "book/orders", Title: "Orders"}
	step := &procedures.Step{ID: "errors", Annotations: procedures.Annotations{Tile: "Errors"}}
	value := func(text string, n float64, age time.Duration, v procedures.Verdict) templates.TileValue {
		out := templates.TileValue{Value: journal.Value{Text: text, Number: &n}, At: now.Add(-age), Of: v}
		if text == "" {
			out.Measure = procedures.SampleValue{Name: "x", Value: n, Sign: "<", Limit: &limit}
		}
		return out
	}
	if got := templates.TileOf(p, step, nil, now); got.Value != "" || !got.At.IsZero() || got.Title != "Errors" {
		t.Errorf("of no run: %+v", got)
	}
	got := templates.TileOf(p, step, []templates.TileValue{
		value("", 3, time.Minute, procedures.Failed), value("", 1, time.Hour, procedures.Passed),
	}, now.Add(-time.Hour))
	if got.Value != "3" || got.Tone != "fail" || got.Limit != "limit < 2" || got.Stale || got.Trend == nil || got.Trend.Says !=
		"Errors over the last 2 runs: 1, 3" {
		t.Errorf("judged: %+v", got)
	}
	got = templates.TileOf(p, step, []templates.TileValue{value("6 of 6", 6, 3*time.Hour, procedures.Passed)}, now.Add(-time.Hour))
	if got.Value != "6" || got.Unit != "of 6" || !got.Stale || got.Trend != nil || got.Tone != "" {
		t.Errorf("printed: %+v", got)
	}
	hourly := &procedures.Procedure{Schedule: "CRON_TZ=UTC 0 * * * *"}
	next := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	for of, want := range map[*procedures.Procedure]time.Duration{
		hourly: 2*time.Hour + time.Minute, {Rhythm: "daily"}: 48 * time.Hour, {}: staleAfter,
	} {
		if got := next.Sub(staleFrom(of, schedules.Timing{Next: next}, next)); got != want {
			t.Errorf("a value of %q %q is stale after %s, want %s", of.Schedule, of.Rhythm, got, want)
		}
	}
}
