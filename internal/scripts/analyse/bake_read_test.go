package analyse

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// reads is a command that plans as aws does: get, list and describe read.
type reads struct{}

func (reads) Describe(words []procedures.Word) procedures.LineInfo {
	effect, name := procedures.EffectChange, ""
	if len(words) > 2 {
		name = words[1].Text + " " + words[2].Text
		if verb, _, _ := strings.Cut(words[2].Text, "-"); verb == "get" || verb == "list" || verb == "describe" {
			effect = procedures.EffectRead
		}
	}
	return procedures.LineInfo{Effect: effect, Call: &procedures.PlannedCall{Command: name, Effect: effect, Line: words[0].Line}}
}

func (reads) Run(context.Context, *procedures.Invocation) int { return 0 }

// quiet is a command that does nothing.
type quiet struct{ reads }

func (quiet) Describe([]procedures.Word) procedures.LineInfo {
	return procedures.LineInfo{Effect: procedures.EffectNone}
}

func analyser() *Analyser {
	return &Analyser{Command: func(name string) (procedures.Command, bool) {
		if name == "date" || name == "head" {
			return quiet{}, true
		}
		return reads{}, name == "aws"
	}}
}

func TestBakeIsRead(t *testing.T) {
	tests := []struct {
		name, script   string
		lasts, every   time.Duration
		named          bool
		alarms         string // a part of what reads the alarms
		command        string // what a sample runs, without what stands before it
		line           int    // of the file, of the first call of the command
		watch, endless bool
	}{
		{
			"all", "bake 30m --every 1m --alarm high-errors --alarm slow -- aws lambda get-function --function-name f",
			30 * time.Minute, time.Minute, true, "--alarm-names high-errors slow ",
			"aws lambda get-function --function-name f\n", 7, false, false,
		},
		{
			"names together", "bake 1h --alarm \"$ALARM\" slow", time.Hour, time.Minute, true,
			"--alarm-names \"$ALARM\" slow ", "", 0, false, false,
		},
		{"only a time", "bake 10m", 10 * time.Minute, time.Minute, false, "--state-value ALARM", "", 0, false, false},
		{"short", "bake 20s -- date", 20 * time.Second, 2 * time.Second, false, "", "date\n", 0, false, false},
		{
			"over lines", "bake 30m \\\n  --every=30s \\\n  -- aws lambda get-function \\\n  --function-name f",
			30 * time.Minute, 30 * time.Second, false, "", "aws lambda get-function \\\n  --function-name f\n", 9, false, false,
		},
		{
			"a shell line", "bake 5m --every 1m -- 'aws lambda get-function --function-name f | head -1'",
			5 * time.Minute, time.Minute, false, "", "aws lambda get-function --function-name f | head -1\n", 7, false, false,
		},
		{
			"watch", "watch -n 30 './scripts/health-check.sh staging'", 0, 30 * time.Second, false, "",
			"./scripts/health-check.sh staging\n", 0, true, true,
		},
		{
			"watch of words", "watch -d -n5 aws lambda get-function --function-name f", 0, 5 * time.Second, false, "",
			"aws lambda get-function --function-name f\n", 7, true, true,
		},
		{"watch as usual", "watch date", 0, 2 * time.Second, false, "", "date\n", 0, true, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := procedures.Script{File: "book.md", Line: 7, Text: test.script + "\n"}
			a := analyser().Analyse(s)
			b := a.Bake
			if b == nil || a.Refused != "" || len(a.Findings) > 0 || b.Wrong != "" {
				t.Fatalf("%+v", a)
			}
			if b.For != test.lasts || b.Every != test.every || b.Named != test.named || b.Watch != test.watch ||
				b.Endless() != test.endless {
				t.Errorf("%+v", b)
			}
			if !strings.Contains(b.Alarms.Text, test.alarms) || (test.alarms == "") != (b.Alarms.Text == "") {
				t.Errorf("the alarms are read by %q", b.Alarms.Text)
			}
			if got := strings.TrimLeft(b.Command.Text, " \n"); got != test.command {
				t.Errorf("a sample runs %q, want %q", got, test.command)
			}
			if a.Effect.Changes() {
				t.Errorf("a bake that reads has the effect %s", a.Effect)
			}
			if test.line > 0 && (len(a.Detail) == 0 || a.Detail[len(a.Detail)-1].Line != test.line || !a.Detail[len(a.Detail)-1].Repeats) {
				t.Errorf("the calls: %+v", a.Detail)
			}
		})
	}
}

func TestBakeThatIsWrongIsCorrected(t *testing.T) {
	tests := []struct{ script, says, corrected string }{
		{"bake 30 --every 1m -- date", "30 has no unit: a time is written as 30m", "bake 30m --every 1m -- date"},
		{"bake 30m --every 30 -- date", "30 has no unit: a time is written as 30s", "bake 30m --every 30s -- date"},
		{"bake 1m --every 30m -- date", "takes one sample: the two times are swapped", "bake 30m --every 1m -- date"},
		{"bake 30m --evry 1m -- date", "no option --evry: did you mean --every?", "bake 30m --every 1m -- date"},
		{
			"bake 30m --every 1m aws lambda get-function --function-name f", "COMMAND stands after --",
			"bake 30m --every 1m -- aws lambda get-function --function-name f",
		},
		{
			"bake 30m --alarm slow aws lambda get-function --function-name f", "COMMAND stands after --",
			"bake 30m --alarm slow -- aws lambda get-function --function-name f",
		},
		{"bake soon --every 1m -- date", "soon is no time", ""},
		{"bake 72h --every 1m -- date", "takes 24h at most", "bake 24h --every 1m -- date"},
		{"bake 30m --every 100ms -- date", "takes a sample every 1s at most", "bake 30m --every 1s -- date"},
	}
	for _, test := range tests {
		a := analyser().Analyse(procedures.Script{File: "book.md", Line: 3, Text: test.script + "\n"})
		if test.corrected == "" {
			if !strings.Contains(a.Refused, test.says) || !strings.HasPrefix(a.Refused, "Line 3: ") || a.Bake != nil {
				t.Errorf("%s: refused with %q", test.script, a.Refused)
			}
			continue
		}
		if a.Refused != "" || len(a.Findings) != 1 || a.Bake == nil || a.Bake.Wrong == "" {
			t.Errorf("%s: %+v", test.script, a)
			continue
		}
		if m := a.Findings[0]; m.Severity != procedures.SeverityError || m.Line != 3 ||
			!strings.Contains(m.Message, test.says) || m.Corrected != test.corrected {
			t.Errorf("%s: %s, corrected %q", test.script, m, m.Corrected)
		}
		again := analyser().Analyse(procedures.Script{Text: test.corrected + "\n"})
		if again.Bake == nil || again.Bake.Wrong != "" || again.Bake.For != a.Bake.For || again.Bake.Every != a.Bake.Every {
			t.Errorf("%s is not what was read: %+v", test.corrected, again.Bake)
		}
	}
}

func TestBakeIsRefused(t *testing.T) {
	tests := []struct{ script, says string }{
		{"for i in 1 2; do bake 30m -- date; done", "Line 3: bake is a step of its own, and this one stands in a loop"},
		{"bake 30m -- date | head -1", "stands in a pipe"},
		{"f() { bake 30m -- date; }", "stands in a function"},
		{"echo begins\nbake 30m -- date", "Line 4: bake is a step of its own, and this one has other commands or a redirection beside it"},
		{"bake 30m -- date > out.txt", "has other commands or a redirection beside it"},
		{"X=$(bake 30m -- date)", "bake is a step of its own"},
		{"bake 30m -- bake 5m -- date", "cannot contain another bake"},
		{"bake", "wants a time first"},
		{"bake 0 -- date", "a time of 0 is none"},
		{"bake 30m --every 0s -- date", "a time of 0s is none"},
		{"bake $HOW_LONG -- date", "the times of a bake are written out"},
		{"bake 30m --", "no COMMAND after --"},
		{"bake 30m --alarm -- date", "--alarm wants the name"},
		{"bake 30m --until ok -- date", "no option --until"},
		{"bake 30m -- aws lambda delete-function --function-name f", "aws lambda delete-function may change something"},
		{"bake 30m -- terraform apply", "terraform may change something"},
		{"watch -n 5 aws lambda delete-function --function-name f", "may change something"},
		{"watch -n often date", "watch -n wants seconds"},
		{"watch -g date", "ends when the output changes"},
	}
	for _, test := range tests {
		a := analyser().Analyse(procedures.Script{File: "book.md", Line: 3, Text: test.script + "\n"})
		if !strings.Contains(a.Refused, test.says) || a.Bake != nil {
			t.Errorf("%s: refused with %q, want %q", test.script, a.Refused, test.says)
		}
	}
}
