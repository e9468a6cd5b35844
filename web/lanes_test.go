package web

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// span is a state from some hours after midnight on.
func span(state string, verdict procedures.Verdict, from, to float64) procedures.Span {
	at := func(hours float64) time.Time {
		return time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC).Add(time.Duration(hours * float64(time.Hour)))
	}
	return procedures.Span{State: state, Verdict: verdict, From: at(from), To: at(to)}
}

func alarmOf(name string, spans ...procedures.Span) procedures.Call {
	return procedures.Call{
		ResourceVerdicts: []procedures.ResourceVerdict{{Kind: "Alarm", Name: name, Verdict: procedures.Info, Spans: spans}},
	}
}

func TestTimelineOfStates(t *testing.T) {
	cases := []struct {
		name  string
		calls []procedures.Call
		lanes []string // name: x+width@height of each span, as drawn
		label string
		table []string
	}{
		{"alarms of two calls, unordered",
			[]procedures.Call{
				alarmOf("quiet", span("OK", procedures.Passed, 0, 24)),
				alarmOf("errors", span("OK", procedures.Passed, 12, 24), span("ALARM", procedures.Failed, 6, 12),
					span("OK", procedures.Passed, 0, 6)),
			},
			[]string{"errors: 0.0+150.0@4 300.0+300.0@4 150.0+150.0@20", "quiet: 0.0+600.0@4"},
			"errors: ALARM once, 6 h in all, at last OK; quiet: at last OK",
			[]string{
				"2026-11-23 12:00|errors|OK|12 h", "2026-11-23 06:00|errors|ALARM|6 h",
				"2026-11-23 00:00|errors|OK|6 h", "2026-11-23 00:00|quiet|OK|24 h",
			}},
		{"what is short is wide enough to be seen, also at the end",
			[]procedures.Call{
				alarmOf("a", span("OK", procedures.Passed, 0, 24),
					span("INSUFFICIENT_DATA", procedures.NoData, 1, 1.01), span("ALARM", procedures.Failed, 23.99, 24)),
			},
			[]string{"a: 0.0+600.0@4 25.0+2.0@10 598.0+2.0@20"},
			"INSUFFICIENT_DATA once, 36 s in all, ALARM once, 36 s in all, at last ALARM", nil},
		{
			"one moment", []procedures.Call{alarmOf("a", span("ALARM", procedures.Failed, 1, 1))},
			[]string{"a: 0.0+2.0@20"}, "ALARM once, 0 s in all", nil,
		},
		{"nothing that has states", []procedures.Call{{}, alarmOf("a")}, nil, "", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			chart := chartOf(c.calls)
			if c.lanes == nil {
				if chart != nil {
					t.Fatalf("got %+v", chart)
				}
				return
			}
			var lanes []string
			for _, l := range chart.Lanes {
				var spans []string
				for _, s := range l.Spans {
					spans = append(spans, s.X+"+"+s.Width+"@"+s.Height)
				}
				lanes = append(lanes, l.Name+": "+strings.Join(spans, " "))
			}
			if !slices.Equal(lanes, c.lanes) {
				t.Errorf("lanes\n%s\nwant\n%s", strings.Join(lanes, "\n"), strings.Join(c.lanes, "\n"))
			}
			if !strings.Contains(chart.Label, c.label) {
				t.Errorf("it says %q, want %q", chart.Label, c.label)
			}
			var rows []string
			for _, r := range chart.Table.Rows {
				rows = append(rows, cells(r))
			}
			if c.table != nil && !slices.Equal(rows, c.table) {
				t.Errorf("rows\n%s", strings.Join(rows, "\n"))
			}
		})
	}
}

func TestTimelineIsBounded(t *testing.T) {
	var calls []procedures.Call
	for i := range 50 {
		var spans []procedures.Span
		for k := range 20 {
			spans = append(spans, span("ALARM", procedures.Failed, float64(k), float64(k)+0.5))
		}
		calls = append(calls, alarmOf(fmt.Sprintf("a%d", i), spans...))
	}
	chart := chartOf(calls)
	if len(chart.Lanes) != maxLanes || len(chart.Table.Rows) != maxRows || chart.Table.More != 800 {
		t.Errorf("%d lanes, %d rows, %d more", len(chart.Lanes), len(chart.Table.Rows), chart.Table.More)
	}
}

func TestGridlines(t *testing.T) {
	from := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC) // a Sunday
	for days, want := range map[int]string{1: "[12]", 3: "[12 36 60]", 30: "[12 180 348 516 684]", 100_000: "60"} {
		got := gridlines(from, from.Add(time.Duration(days)*24*time.Hour), 1.0/3600)
		if text := fmt.Sprint(got); text != want && fmt.Sprint(len(got)) != want {
			t.Errorf("of %d days: %v, want %s", days, got, want)
		}
	}
}

func TestSpell(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 59 * time.Second: "59 s", 7 * time.Minute: "7 min", 2 * time.Hour: "2 h",
		5*time.Hour + 20*time.Minute: "5 h 20 min", 9*24*time.Hour + 4*time.Hour: "9 days 4 h", 48 * time.Hour: "2 days",
	} {
		if got := spell(d); got != want {
			t.Errorf("%s is %q, want %q", d, got, want)
		}
	}
}
