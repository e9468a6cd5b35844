package journal_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

// foundOf is what a step found whose call answered with a document, or that printed lines where there is none.
func foundOf(t *testing.T, answer, printed string, expect ...string) journal.Found {
	t.Helper()
	step := &procedures.Step{ID: "s"}
	for _, that := range expect {
		step.Annotations.Expect = append(step.Annotations.Expect, procedures.Expectation{That: that})
	}
	events := []procedures.Event{
		{Kind: procedures.EventStepRequested, Step: "s", Execution: "x"}, {Kind: procedures.EventStepStarted, Step: "s", Execution: "x"},
		{Kind: procedures.EventOutput, Step: "s", Execution: "x", Stream: "stdout", Text: printed},
		{Kind: procedures.EventOutput, Step: "s", Execution: "x", Stream: "stderr", Text: "never the same\n"},
	}
	if answer != "" {
		doc, err := document.Parse([]byte(answer))
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, procedures.Event{
			Kind: procedures.EventCall, Step: "s", Execution: "x", Call: &procedures.Call{Command: "ec2 describe", Document: doc},
		})
	}
	passed := procedures.Judgement{Verdict: procedures.Passed}
	events = append(events, procedures.Event{
		Kind: procedures.EventStepFinished, Step: "s", Execution: "x", Judgement: &passed, Duration: time.Second,
	})
	view := journal.NewView()
	for i, e := range events {
		e.Number = int64(i + 1)
		view.Apply(e)
	}
	found, ok := journal.FoundBy(step, view.Step("s"))
	if !ok {
		t.Fatal("nothing was found")
	}
	return found
}

// told are differences in short.
func told(d journal.Differences) string {
	var out []string
	for _, one := range d.List {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s: %s -> %s", one.Kind, one.Name, one.Path, one.Before, one.After)))
	}
	if d.Times > 0 {
		out = append(out, fmt.Sprintf("%d times", d.Times))
	}
	return strings.Join(out, "\n")
}

func TestCompareSaysWhatIsDifferent(t *testing.T) {
	t.Parallel()
	const alarms = `{"MetricAlarms": [{"AlarmName": "a", "StateValue": "OK", "Dimensions": [{"Name": "F", "Value": "x"}],
		"Actions": ["one", "two"], "UpdatedAt": "2026-11-01T08:00:00+00:00"}, {"AlarmName": "b", "StateValue": "OK"}]}`
	for name, c := range map[string]struct{ before, after, printed, printedAfter, want, sum string }{
		"the same in another order": {
			before: alarms, after: `{"MetricAlarms": [{"AlarmName": "b", "StateValue": "OK"}, {"AlarmName": "a", "StateValue": "OK",
				"Dimensions": [{"Name": "F", "Value": "x"}], "Actions": ["two", "one"], "UpdatedAt": "2026-11-01T08:00:00+00:00"}]}`,
		},
		"an item appeared, one has gone": {
			before: alarms, after: strings.Replace(alarms, `"b", "StateValue": "OK"`, `"c", "StateValue": "ALARM"`, 1),
			want: "appeared c :  -> StateValue ALARM\ngone b : StateValue OK ->", sum: "1 appeared, 1 gone",
		},
		"all items have gone": {
			before: alarms, after: `{"MetricAlarms": []}`,
			want: "gone a : StateValue OK, Dimensions[F].Name F, Dimensions[F].Value x, Actions[] one ->\n" +
				"gone b : StateValue OK ->", sum: "2 gone",
		},
		"values changed, and times went on": {
			before: alarms,
			after:  strings.NewReplacer(`"OK", "D`, `"ALARM", "D`, `"x"`, `"y"`, `"two"`, `"three"`, "T08", "T09").Replace(alarms),
			want:   "changed a StateValue: OK -> ALARM\nchanged a Dimensions[F].Value: x -> y\nchanged a Actions[]: two -> three\n1 times",
			sum:    "3 changed",
		},
		"one answer": {
			before: `{"Function": {"Name": "f", "MemorySize": 512, "Tags": {}}}`,
			after:  `{"Function": {"Name": "f", "MemorySize": 2048, "Arch": "arm64"}}`,
			want:   "appeared  Function.Arch:  -> arm64\nchanged  Function.MemorySize: 512 -> 2048", sum: "1 appeared, 1 changed",
		},
		"two of one name": {
			before: `{"Items": [{"Name": "a", "N": 1}, {"Name": "a", "N": 2}]}`,
			after:  `{"Items": [{"Name": "a", "N": 1}, {"Name": "a", "N": 3}]}`,
			want:   "changed a (2) N: 2 -> 3", sum: "1 changed",
		},
		"another request": {before: `{"A": 1, "RequestId": "x"}`, after: `{"A": 1, "RequestId": "y"}`, want: "1 times"},
		"lines": {
			printed: "one\ntwo\nthree\nfour\n", printedAfter: "one\n2\nthree\nfour\nfive\n",
			want: "appeared  :  -> five\nchanged  : two -> 2", sum: "1 appeared, 1 changed",
		},
		"a metric's datapoints": {
			before: `{"Label": "E", "Datapoints": [{"Timestamp": "2026-11-01T08:00:00Z", "Sum": 1.0, "Unit": "Count"}]}`,
			after:  `{"Label": "E", "Datapoints": [{"Timestamp": "2026-11-01T09:00:00Z", "Sum": 4.5, "Unit": "Count"}]}`,
			want:   "changed  max(Datapoints[].Sum): 1 -> 4.5", sum: "1 changed",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var expect []string
			if strings.Contains(c.before, "Datapoints") {
				expect = []string{"max(Datapoints[].Sum) <= `2`"}
			}
			got := journal.Compare(foundOf(t, c.before, c.printed, expect...), foundOf(t, c.after, c.printedAfter, expect...))
			if told(got) != c.want || got.Sum() != c.sum {
				t.Errorf("%s\n(%s), want\n%s\n(%s)", told(got), got.Sum(), c.want, c.sum)
			}
		})
	}
}

// TestWhatWasFoundIsBounded: an answer of many members, a long value and many lines.
func TestWhatWasFoundIsBounded(t *testing.T) {
	t.Parallel()
	items := strings.Repeat(`{"Name": "n", "Text": "`+strings.Repeat("ä", 500)+`"},`, 3000)
	found := foundOf(t, `{"Items": [`+strings.TrimSuffix(items, ",")+`]}`, "")
	n := 0
	for _, thing := range found.Things {
		for _, m := range thing.Members {
			n++
			if len([]rune(m.Value)) > 161 {
				t.Fatal(m.Value)
			}
		}
	}
	if n != 2000 || !found.Cut {
		t.Error(n, found.Cut)
	}
	if lines := foundOf(t, "", strings.Repeat("line\n", 1000)); len(lines.Lines) != 400 || !lines.Cut {
		t.Error(len(lines.Lines), lines.Cut)
	}
}
