package engine_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/mask"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// baked is what became of a bake.
type baked struct {
	engine.Result
	took   time.Duration
	events []procedures.Event
	calls  []string
}

func (b *baked) of(kind procedures.EventKind) (out []procedures.Event) {
	for _, e := range b.events {
		if e.Kind == kind {
			out = append(out, e)
		}
	}
	return out
}

// bakeStep executes a bake without a run.
func bakeStep(t *testing.T, script string, from engine.Baking, answer func(n int, args []string) (document.Value, int)) *baked {
	t.Helper()
	return bakeStepIn(t.Context(), t, script, from, answer)
}

func bakeStepIn(ctx context.Context, t *testing.T, script string, from engine.Baking,
	answer func(n int, args []string) (document.Value, int)) *baked {
	t.Helper()
	aws := &enginetest.AWS{}
	n := 0
	aws.Answer = func(_ context.Context, args []string) (document.Value, int) {
		n++
		return answer(n, args)
	}
	table := commands.Table(commands.Options{})
	table["aws"] = aws
	command := func(name string) (procedures.Command, bool) { c, ok := table[name]; return c, ok }
	lib := runbook.OpenText("book.md", enginetest.Fence(script), runbook.Options{Analyser: &analyse.Analyser{Command: command}})
	step := lib.Procedures()[0].Steps[0]
	if step.Bake == nil {
		t.Fatalf("%s is no bake: %s", script, step.Analysis.Refused)
	}
	eng := &engine.Engine{Environment: procedures.Environment{Name: "test", Account: "210987654321"}, Commands: command}
	out := &baked{}
	began := time.Now()
	out.Result = eng.Execute(ctx, engine.Execution{Step: step, Now: time.Now, Bake: from, Out: mask.NewEmitter(nil, func(e mask.Event) {
		out.events = append(out.events, e.Open())
	})})
	out.took, out.calls = time.Since(began), aws.Calls()
	return out
}

func TestBakeSamplesUntilItsTimeIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := bakeStep(t,
			"# Watch it\nbake 30m --every 1m --alarm a b -- aws cloudwatch get-metric-statistics --dimensions "+
				"Name=F,Value=api", engine.Baking{}, func(_ int, args []string) (document.Value, int) {
				if args[1] == "describe-alarms" {
					return enginetest.AlarmStates("a", "OK", "b", "OK"), 0
				}
				return enginetest.Datapoint(3), 0
			})
		if b.Judgement.Verdict != procedures.Passed ||
			!strings.HasPrefix(b.Judgement.Reason, "31 samples, all good. The last one: 2 alarms are OK; ok") {
			t.Errorf("judged %+v", b.Judgement)
		}
		if b.took != 30*time.Minute || len(b.calls) != 62 {
			t.Errorf("%d calls in %s", len(b.calls), b.took)
		}
		if want := "cloudwatch describe-alarms --alarm-names a b --alarm-types MetricAlarm CompositeAlarm"; !strings.HasPrefix(b.calls[0],
			want) {
			t.Errorf("the alarms were read by %s", b.calls[0])
		}
		looks := b.of(procedures.EventSample)
		if len(looks) != 31 || looks[30].Sample.Number != 31 {
			t.Fatalf("%d looks", len(looks))
		}
		for _, w := range []procedures.SampleValue{{Name: "Alarms in ALARM", Value: 0}, {Name: "Errors api, Sum", Value: 3}} {
			if got := looks[7].Sample.Values; !slices.ContainsFunc(got, func(v procedures.SampleValue) bool {
				return v.Name == w.Name && v.Value == w.Value
			}) {
				t.Errorf("a look saw %v, not %v", got, w)
			}
		}
		// Of all looks the journal has the calls of the first and the last.
		if calls := b.of(procedures.EventCall); len(calls) != 4 {
			t.Errorf("%d calls are kept", len(calls))
		}
		if notes := b.of(procedures.EventNotice); len(notes) != 1 ||
			!strings.Contains(notes[0].Text, "The whole output is kept of the first sample") {
			t.Errorf("said %v", notes)
		}
	})
}

func TestBakeStops(t *testing.T) {
	ok := enginetest.AlarmStates("a", "OK")
	tests := []struct {
		name, script string
		answer       func(n int, args []string) (document.Value, int)
		verdict      procedures.Verdict
		reason       string
		took         time.Duration
	}{
		{"at an alarm", "bake 30m --alarm a", func(n int, _ []string) (document.Value, int) {
			if n == 8 {
				return enginetest.AlarmStates("a", "ALARM"), 0
			}
			return ok, 0
		}, procedures.Failed, "Stopped at sample 8, after 7m of 30m: 1 alarm is in ALARM: a.", 7 * time.Minute},
		{"at any alarm", "bake 30m", func(n int, _ []string) (document.Value, int) {
			if n == 2 {
				return enginetest.AlarmStates("b", "ALARM", "c", "ALARM"), 0
			}
			return enginetest.AlarmStates(), 0
		}, procedures.Failed, "Stopped at sample 2, after 1m of 30m: 2 alarms are in ALARM: b; c.", time.Minute},
		{"at an alarm that is not there", "bake 30m --alarm a gone", func(int, []string) (document.Value, int) {
			return ok, 0
		}, procedures.Errored, "Stopped at sample 1, after 0s of 30m: There is no alarm gone.", 0},
		{"at a check that fails", "#| expect: Count < `5`\nbake 10m -- aws dynamodb describe-table",
			func(n int, _ []string) (document.Value, int) {
				return document.NewObject(document.Member{Name: "Count", Value: int64(n)}), 0
			}, procedures.Failed, "Stopped at sample 5, after 4m of 10m: Expected Count < `5`.", 4 * time.Minute},
		{"at an exit status", "bake 10m -- 'aws dynamodb describe-table >/dev/null; false'", func(int, []string) (document.Value, int) {
			return document.NewObject(), 0
		}, procedures.Failed, "Stopped at sample 1, after 0s of 10m: The script ended with exit status 1.", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := bakeStep(t, test.script, engine.Baking{}, test.answer)
				if b.Judgement.Verdict != test.verdict || b.Judgement.Reason != test.reason || b.took != test.took {
					t.Errorf("%s after %s: %s", b.Judgement.Verdict, b.took, b.Judgement.Reason)
				}
				looks := b.of(procedures.EventSample)
				if last := b.events[len(b.events)-1]; len(looks) == 0 || last.Kind != procedures.EventSample ||
					last.Sample.Number != len(looks) {
					t.Errorf("the journal ends with %+v", last)
				}
			})
		})
	}
}

// TestBakeToleratesErrors looks on where a sample or two could not be executed.
func TestBakeToleratesErrors(t *testing.T) {
	throttled := func(bad ...int) func(int, []string) (document.Value, int) {
		return func(n int, _ []string) (document.Value, int) {
			for _, b := range bad {
				if n == b {
					return nil, enginetest.ThrottledStatus
				}
			}
			return enginetest.AlarmStates("a", "OK"), 0
		}
	}
	tests := []struct {
		name    string
		bad     []int
		verdict procedures.Verdict
		reason  string
		took    time.Duration
	}{
		{
			"two in a row, twice", []int{3, 4, 6, 7}, procedures.Passed,
			"11 samples, 4 could not run. The last one: a is OK.", 10 * time.Minute,
		},
		{
			"three in a row", []int{3, 4, 5}, procedures.Errored,
			"Stopped at sample 5, after 4m of 10m: 3 samples in a row could not run. The last error: ", 4 * time.Minute,
		},
		// There has to be a look when the time is over.
		{"the last", []int{11, 12}, procedures.Passed, "13 samples, 2 could not run", 12 * time.Minute},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := bakeStep(t, "bake 10m --alarm a", engine.Baking{}, throttled(test.bad...))
				if b.Judgement.Verdict != test.verdict || !strings.HasPrefix(b.Judgement.Reason, test.reason) || b.took != test.took {
					t.Errorf("%s after %s: %s", b.Judgement.Verdict, b.took, b.Judgement.Reason)
				}
			})
		})
	}
}

// TestBakeWithoutData says so, and is no pass.
func TestBakeWithoutData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := bakeStep(t, "bake 3m --alarm a b", engine.Baking{}, func(n int, _ []string) (document.Value, int) {
			if n == 1 {
				return enginetest.AlarmStates("a", "OK", "b", "INSUFFICIENT_DATA"), 0
			}
			return enginetest.AlarmStates("a", "OK", "b", "OK"), 0
		})
		if b.Judgement.Verdict != procedures.NoData ||
			b.Judgement.Reason != "4 samples; 1 without data, the last one: Not enough data: b." {
			t.Errorf("%+v", b.Judgement)
		}
	})
}

// TestBakeResumes takes a bake up that another process began: the time is that from its beginning, looks that were missed are said,
// and there is a look when the time is over.
func TestBakeResumes(t *testing.T) {
	good := func(int, []string) (document.Value, int) { return enginetest.AlarmStates("a", "OK"), 0 }
	before := func(began time.Time, n int) journal.Samples {
		var l journal.Samples
		for i := range n {
			l.Apply(procedures.Event{
				Kind: procedures.EventSample, At: began.Add(time.Duration(i) * time.Minute),
				Judgement: &procedures.Judgement{Verdict: procedures.Passed}, Sample: &procedures.Sample{Number: i + 1},
			})
		}
		return l
	}
	tests := []struct {
		name   string
		ago    time.Duration // since it began
		looks  int
		reason string
		took   time.Duration
		note   string
	}{
		{"in time", 4*time.Minute + 30*time.Second, 5, "11 samples, all good. The last one: a is OK.", 5*time.Minute + 30*time.Second, ""},
		{
			"late", 7*time.Minute + 30*time.Second, 5,
			"9 samples, all good, 2 missed while no server ran. The last one: a is OK.", 2*time.Minute + 30*time.Second,
			"2 samples were missed between ",
		},
		{
			"when its time was over", time.Hour, 5,
			"6 samples, all good, 5 missed while no server ran. The last one: a is OK.", 0, "5 samples were missed between ",
		},
		{"before its first look", 20 * time.Second, 0, "11 samples, all good. The last one: a is OK.", 9*time.Minute + 40*time.Second, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now().Add(-test.ago)
				b := bakeStep(t, "bake 10m --alarm a", engine.Baking{Began: began, Samples: before(began, test.looks)}, good)
				if b.Judgement.Verdict != procedures.Passed || b.Judgement.Reason != test.reason ||
					b.took != test.took || !b.Began.Equal(began) {
					t.Errorf("%s after %s: %s", b.Judgement.Verdict, b.took, b.Judgement.Reason)
				}
				said := ""
				for _, e := range b.of(procedures.EventNotice) {
					if strings.Contains(e.Text, "missed") {
						said = e.Text
					}
				}
				if !strings.HasPrefix(said, test.note) || (test.note == "") != (said == "") {
					t.Errorf("said %q", said)
				}
			})
		})
	}
}

func TestWatchThatNobodyEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := bakeStep(t, "watch -n 600 aws dynamodb describe-table", engine.Baking{}, func(int, []string) (document.Value, int) {
			return document.NewObject(), 0
		})
		if b.Judgement.Verdict != procedures.Passed ||
			!strings.HasPrefix(b.Judgement.Reason, "Nobody ended it in 4h. 25 samples, all good.") || b.took != 4*time.Hour {
			t.Errorf("%+v after %s", b.Judgement, b.took)
		}
	})
}

// TestWatchUnderATime ends by itself.
func TestWatchUnderATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := bakeStep(t, "# Monitor for 15 minutes\nwatch -n 30 'aws dynamodb describe-table | head -1'",
			engine.Baking{}, func(int, []string) (document.Value, int) {
				return document.NewObject(), 0
			})
		if b.Judgement.Verdict != procedures.Passed ||
			!strings.HasPrefix(b.Judgement.Reason, "31 samples, all good.") || b.took != 15*time.Minute {
			t.Errorf("%+v after %s", b.Judgement, b.took)
		}
	})
}

func TestWrongBakeIsNotBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := bakeStep(t, "bake 30 --alarm a", engine.Baking{}, func(int, []string) (document.Value, int) {
			return enginetest.AlarmStates("a", "OK"), 0
		})
		if b.Judgement.Verdict != procedures.Errored || len(b.calls) > 0 ||
			b.Judgement.Reason != "Not begun: 30 has no unit: a time is written as 30m." {
			t.Errorf("%+v after %d calls", b.Judgement, len(b.calls))
		}
	})
}

// TestBakeThatIsCutOffHasNotPassed interrupts both kinds, as Ctrl-C does in a terminal.
func TestBakeThatIsCutOffHasNotPassed(t *testing.T) {
	for script, want := range map[string]procedures.Judgement{
		"bake 10m --alarm a": {
			Verdict: procedures.Errored,
			Reason:  "Stopped after 2m30s of 10m, before its time was over. 3 samples, all good. The last one: a is OK.",
		},
		"watch -n 60 aws cloudwatch describe-alarms": {Verdict: procedures.Passed, Reason: "3 samples, all good. The last one: ok."},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 150*time.Second)
			defer cancel()
			b := bakeStepIn(ctx, t, script, engine.Baking{}, func(int, []string) (document.Value, int) {
				return enginetest.AlarmStates("a", "OK"), 0
			})
			if b.Judgement.Verdict != want.Verdict || b.Judgement.Reason != want.Reason {
				t.Errorf("%s: %+v", script, b.Judgement)
			}
		})
	}
}
