package runbook

import (
	"strings"
	"testing"
)

// TestBakeAnnotations has commands that are repeated for a time, and those that are not.
func TestBakeAnnotations(t *testing.T) {
	for said, want := range map[string]string{
		"bake: 30m": "bake 30m every 1m", "bake: 30m\n#| every: 10s": "bake 30m every 10s", "bake: 20s": "bake 20s every 2s",
		"bake: 30m\n#| alarms: [a, it's]": "bake 30m every 1m", "bake: 1m\n#| every: 2m": "`every` is between",
		"bake: 48h": "is 24h at most", "alarms: [a]": "`alarms` are those of a bake", "bake: soon": "`bake`",
	} {
		s := openText(t, fenced("#| "+said+"\naws s3 ls")).Procedures()[0].Steps[0]
		got := ""
		if s.Bake != nil {
			got = s.Bake.String()
			watches := strings.Contains(s.Bake.Alarms.Text, "--alarm-names a")
			if s.Bake.Command.Text != s.Script.Text || strings.Contains(said, "alarms") != watches {
				t.Errorf("%q repeats %q and watches %q", said, s.Bake.Command.Text, s.Bake.Alarms.Text)
			}
		}
		for _, m := range s.Findings {
			got += m.Message
		}
		if !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", said, got, want)
		}
	}
	if s := openText(t, fenced("#| bake: 1m\naws s3 rb s3://b")).Procedures()[0].Steps[0]; s.Bake != nil || len(s.Findings) == 0 {
		t.Error("a change is repeated")
	}
}

// TestBakeNamesAlarmsByVariables has alarms whose names have variables: they are fields, and everything else in a name is text.
func TestBakeNamesAlarmsByVariables(t *testing.T) {
	for name, want := range map[string]string{
		`"$ALARM"`: `"$ALARM"`, `"$ENVIRONMENT-errors"`: `"$ENVIRONMENT-errors"`, `"a ${X}"`: `"a ${X}"`, `"$(id) $5"`: `'$(id) $5'`,
		`"$(id) $X"`: `'$(id) '"$X"`,
	} {
		p := openText(t, fenced("#| bake: 1m\n#| alarms: ["+name+"]\naws s3 ls")).Procedures()[0]
		text := p.Steps[0].Bake.Alarms.Text
		if !strings.Contains(text, "--alarm-names "+want+" --alarm-types") {
			t.Errorf("%s watches %q, want %s", name, text, want)
		}
	}
}
