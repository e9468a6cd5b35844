package procedures

import (
	"slices"
	"testing"
	"time"
)

func TestWithin(t *testing.T) {
	well := Judgement{Verdict: Passed, Reason: "The table is ACTIVE."}
	if j := well.Within(31*time.Minute, 30*time.Minute); j.Verdict != Warned ||
		j.Reason != "It took 31 min, and its target is 30 min: The table is ACTIVE." {
		t.Errorf("too long: %+v", j)
	}
	if j := well.Within(30*time.Minute, 30*time.Minute); j != well {
		t.Errorf("in time: %+v", j)
	}
	if j := well.Within(time.Hour, 0); j != well {
		t.Errorf("without a target: %+v", j)
	}
	ill := Judgement{Verdict: Failed, Reason: "Items are missing."}
	if j := ill.Within(time.Hour, time.Minute); j != ill {
		t.Errorf("what failed: %+v", j)
	}
}

func TestSpoken(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 12 * time.Millisecond: "12ms", 12*time.Second + 400*time.Millisecond: "12 s",
		200 * time.Second: "3 min 20 s", time.Hour: "1 h", 72 * time.Minute: "1 h 12 min",
		99*time.Minute + 59*time.Second: "1 h 39 min 59 s", 3*time.Hour + 29*time.Second: "3 h", 26 * time.Hour: "26 h",
		75 * time.Hour: "3 days 3 h",
	} {
		if got := Spoken(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

func TestPointIn(t *testing.T) {
	r := &Recovery{At: "Backup.Made"}
	want := time.Date(2026, 11, 26, 2, 30, 0, 0, time.UTC)
	for _, text := range []string{
		"2026-11-26T02:30:00+00:00", "2026-11-26T03:30:00.000000+01:00", "2026-11-26T02:30:00Z", "2026-11-26T02:30:00+0000",
	} {
		if at, ok := r.PointIn(parsed(t, `{"Backup":{"Made":"`+text+`"}}`)); !ok || !at.Equal(want) {
			t.Errorf("%s is %s", text, at)
		}
	}
	for _, answer := range []string{`{"Backup":{"Made":"yesterday"}}`, `{"Backup":{}}`, `{"Backup":{"Made":7}}`} {
		if at, ok := r.PointIn(parsed(t, answer)); ok {
			t.Errorf("%s is %s", answer, at)
		}
	}
}

func TestTargetsOfARun(t *testing.T) {
	fixed, named := Target{Fixed: time.Minute}, Target{Parameter: "RTO"}
	values := map[string]string{"RTO": "30m", "OTHER": "1h"}
	if fixed.Of(values) != time.Minute || named.Of(values) != 30*time.Minute || named.Of(nil) != 0 ||
		named.Of(map[string]string{"RTO": "soon"}) != 0 {
		t.Errorf("%s, %s, %s", fixed.Of(values), named.Of(values), named.Of(nil))
	}
	if !fixed.Set() || !named.Set() || (Target{}).Set() || (Target{}).Of(values) != 0 {
		t.Error("a target is not set, or none is")
	}
	a := Annotations{Target: named, Recovery: &Recovery{Time: Target{Parameter: "TIME"}, Point: Target{Parameter: "POINT"}}}
	if got := a.TargetParameters(); !slices.Equal(got, []string{"RTO", "TIME", "POINT"}) {
		t.Errorf("the parameters are %v", got)
	}
	if got := (&Annotations{Target: fixed}).TargetParameters(); len(got) != 0 {
		t.Errorf("a fixed target has the parameters %v", got)
	}
}

func TestWithinOfEachVerdict(t *testing.T) {
	for _, v := range Verdicts {
		got := Judgement{Verdict: v, Reason: "So."}.Within(2*time.Minute, time.Minute).Verdict
		if want := Worst(v, Warned); got != want {
			t.Errorf("too long with %s is %s, want %s", v, got, want)
		}
	}
	if got := (Judgement{Verdict: Passed}).Within(2*time.Minute, time.Minute).Reason; got != "It took 2 min, and its target is 1 min" {
		t.Errorf("without a reason: %q", got)
	}
}

func TestSpokenAtItsBorders(t *testing.T) {
	for d, want := range map[time.Duration]string{
		999 * time.Millisecond: "999ms", time.Second: "1 s", 1499 * time.Millisecond: "1 s", 59*time.Second + 600*time.Millisecond: "1 min",
		100*time.Minute + 20*time.Second: "1 h 40 min", 100*time.Minute + 40*time.Second: "1 h 41 min", 71 * time.Hour: "71 h",
		72 * time.Hour: "3 days", 72*time.Hour + 40*time.Minute: "3 days 1 h", 240 * time.Hour: "10 days",
	} {
		if got := Spoken(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
