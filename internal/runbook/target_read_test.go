package runbook

import (
	"strings"
	"testing"
	"time"
)

func TestTargets(t *testing.T) {
	lib := openText(t,
		"---\nparams:\n  RTO: {default: 30m}\n---\n# P\n## Q\n```bash\n#| recovery: {time: $RTO, point: 26h, at: "+
			"Backup.Made}\n\n# Find\n#| target: 90s\naws s3 ls\n\n# Restore\n#| target: ${LONG}\naws s3 mb "+
			"s3://b\n```\n\n```bash\n# Tidy up\naws s3 ls\n```\n")
	if len(lib.Findings) > 0 {
		t.Fatal(lib.Findings)
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
	if find.Target.Of(values) != 90*time.Second || restore.Target.Of(values) != 0 ||
		restore.Target.Of(map[string]string{"LONG": "2 hours"}) != 2*time.Hour || tidy.Target.Set() {
		t.Errorf("targets %+v, %+v, %+v", find.Target, restore.Target, tidy.Target)
	}
}

func TestTargetFindings(t *testing.T) {
	for _, test := range []struct{ name, line, want string }{
		{
			"no duration", "#| target: soon",
			"`target` must be a duration, such as 30m or 1h30m, or a parameter with one, such as $RTO, not \"soon\"",
		},
		{"no mapping", "#| recovery: 30m", "`recovery` must be a mapping of time, point and at"},
		{"a slip", "#| recovery: {tme: 30m}", "annotation has no key `tme`: did you mean `time`?"},
		{"no expression", "#| recovery: {point: 26h}", "`recovery` has a `point` but no `at`"},
		{"a wrong expression", "#| recovery: {at: \"a(\"}", "`at: a(` is not JMESPath"},
	} {
		t.Run(test.name, func(t *testing.T) {
			lib := openText(t, "# P\n## Q\n```bash\n"+test.line+"\naws s3 ls\n```\n")
			if got := findingsOf(lib, "annotation"); !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
