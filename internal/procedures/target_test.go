package procedures

import (
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
