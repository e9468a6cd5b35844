package procedures

import (
	"strings"
	"testing"
	"time"
)

func TestTargets(t *testing.T) {
	lib := openText(t, "---\nparams:\n  RTO: {default: 30m}\n---\n# P\n## Q\n```bash\n#| recovery: {time: $RTO, point: 26h, at: Backup.Made}\n\n# Find\n#| target: 90s\naws s3 ls\n\n# Restore\n#| target: ${LONG}\naws s3 mb s3://b\n```\n\n```bash\n# Tidy up\naws s3 ls\n```\n")
	if len(lib.Mistakes) > 0 {
		t.Fatal(lib.Mistakes)
	}
	p := lib.Procedures()[0]
	var names []string
	for _, q := range p.Parameters {
		names = append(names, q.Name)
	}
	if got := strings.Join(names, " "); got != "RTO LONG" {
		t.Errorf("the fields are %s", got)
	}
	find, restore, tidy := p.Steps[0].Annotations, p.Steps[1].Annotations, p.Steps[2].Annotations
	if find.Recovery == nil || find.Recovery != restore.Recovery || tidy.Recovery != nil || find.Recovery.At != "Backup.Made" {
		t.Errorf("recovery %+v, %+v, %+v", find.Recovery, restore.Recovery, tidy.Recovery)
	}
	values := map[string]string{"RTO": "1h30m", "LONG": "for ever"}
	if got := find.Recovery.Time.Of(values); got != 90*time.Minute {
		t.Errorf("the time is %s", got)
	}
	if find.Target.Of(values) != 90*time.Second || restore.Target.Of(values) != 0 || restore.Target.Of(map[string]string{"LONG": "2 hours"}) != 2*time.Hour || tidy.Target.Set() {
		t.Errorf("targets %+v, %+v, %+v", find.Target, restore.Target, tidy.Target)
	}
}

func TestTargetMistakes(t *testing.T) {
	for _, test := range []struct{ name, line, want string }{
		{"no duration", "#| target: soon", "`target` is a duration, such as 30m or 1h30m, or a parameter whose value is one, such as $RTO, not \"soon\""},
		{"no mapping", "#| recovery: 30m", "`recovery` is a mapping of time, point and at"},
		{"a slip", "#| recovery: {tme: 30m}", "annotation has no key `tme`: did you mean `time`?"},
		{"no expression", "#| recovery: {point: 26h}", "`recovery` has a `point` and no `at`"},
		{"a wrong expression", "#| recovery: {at: \"a(\"}", "`at: a(` is not JMESPath"},
	} {
		t.Run(test.name, func(t *testing.T) {
			lib := openText(t, "# P\n## Q\n```bash\n"+test.line+"\naws s3 ls\n```\n")
			if got := mistakesOf(lib, "annotation"); !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestWithin(t *testing.T) {
	well := Judgement{Verdict: Passed, Reason: "The table is ACTIVE."}
	if j := well.Within(31*time.Minute, 30*time.Minute); j.Verdict != Warned || j.Reason != "It took 31 min, and its target is 30 min: The table is ACTIVE." {
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
		0: "0s", 12 * time.Millisecond: "12ms", 12*time.Second + 400*time.Millisecond: "12 s", 200 * time.Second: "3 min 20 s", time.Hour: "1 h", 72 * time.Minute: "1 h 12 min",
		99*time.Minute + 59*time.Second: "1 h 39 min 59 s", 3*time.Hour + 29*time.Second: "3 h", 26 * time.Hour: "26 h", 75 * time.Hour: "3 days 3 h",
	} {
		if got := Spoken(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

func TestPointIn(t *testing.T) {
	r := &Recovery{At: "Backup.Made"}
	want := time.Date(2026, 11, 26, 2, 30, 0, 0, time.UTC)
	for _, text := range []string{"2026-11-26T02:30:00+00:00", "2026-11-26T03:30:00.000000+01:00", "2026-11-26T02:30:00Z", "2026-11-26T02:30:00+0000"} {
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
