package web

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestChartOfDatapoints(t *testing.T) {
	cases := []struct {
		name, document string
		args           []string
		series         []string
		says           string
	}{
		{"statistics, unordered",
			`{"Label": "Errors", "Datapoints": [
				{"Timestamp": "2026-11-24T02:00:00+00:00", "Sum": 5.0},
				{"Timestamp": "2026-11-24T00:00:00+00:00", "Sum": 1.0},
				{"Timestamp": "2026-11-24T01:00:00+00:00", "Sum": 9.0}]}`,
			[]string{"--dimensions", "Name=FunctionName,Value=api"}, []string{"Errors api, Sum"},
			"from 1 to 9, highest at 24 Nov 01:00, last 5"},
		{
			"percentiles",
			`{"Label": "Latency", "Datapoints": [
				{"Timestamp": "2026-11-24T00:00:00Z", "ExtendedStatistics": {"p95": 1.5}},
				{"Timestamp": "2026-11-24T01:00:00Z", "ExtendedStatistics": {"p95": 2.5}},
				{"Timestamp": "2026-11-24T02:00:00Z", "ExtendedStatistics": {"p95": 2.0}}]}`,
			nil, []string{
				"Latency, p95",
			}, "last 2",
		},
		{
			"metric data",
			`{"MetricDataResults": [{"Label": "one", 
				"Timestamps": ["2026-11-24T02:00:00Z", "2026-11-24T01:00:00Z", "2026-11-24T00:00:00Z"], 
				"Values": [3, 2, 1]}]}`,
			nil, []string{
				"one",
			}, "last 3",
		},
		{
			"two are no chart",
			`{"Label": "x", "Datapoints": [
				{"Timestamp": "2026-11-24T00:00:00Z", "Sum": 1},
				{"Timestamp": "2026-11-24T01:00:00Z", "Sum": 2}]}`,
			nil, nil, "",
		},
		{
			"hostile values",
			`{"Label": null, "Datapoints": [{"Timestamp": 5, "Sum": "x"}, 7, null, {"Timestamp": "x", "Sum": 1}]}`, nil, nil, "",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			chart := chartOf([]procedures.Call{{Document: parse(t, c.document), Args: c.args}})
			if c.series == nil {
				if chart != nil {
					t.Fatalf("got %+v", chart)
				}
				return
			}
			if chart == nil {
				t.Fatal("no chart")
			}
			for i, s := range chart.Series {
				if s.Name != c.series[i] || !strings.HasPrefix(s.Line, "M0.0 ") || !strings.Contains(s.Line, "L600.0 ") {
					t.Errorf("series %d: %+v", i, s)
				}
			}
			if !strings.Contains(chart.Label, c.says) || len(chart.Table.Rows) < 3 {
				t.Errorf("it says %q with %d rows", chart.Label, len(chart.Table.Rows))
			}
		})
	}
}

// TestGuidesOfAChart draws a trend and limits beside the datapoints: those that are far above are only named.
func TestGuidesOfAChart(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2026, 11, 24, hour, 0, 0, 0, time.UTC) }
	points := parse(t,
		`{"Label": "Reads", "Datapoints": [
			{"Timestamp": "2026-11-24T00:00:00Z", "Sum": 0},
			{"Timestamp": "2026-11-24T01:00:00Z", "Sum": 5},
			{"Timestamp": "2026-11-24T02:00:00Z", "Sum": 10}]}`)
	guides := []procedures.Guide{
		{Name: "rising", From: at(0), To: at(2), First: 0, Last: 10},
		{Name: "limit 20", Verdict: procedures.Failed, From: at(0), To: at(2), First: 20, Last: 20},
		{Name: "limit 900", From: at(0), To: at(2), First: 900, Last: 900},
		{Name: "below", From: at(0), To: at(2), First: -5, Last: -5},
		{Name: "early", From: at(0).AddDate(-9, 0, 0), To: at(0).AddDate(9, 0, 0), First: 1, Last: 1},
	}
	call := procedures.Call{Document: points, ResourceVerdicts: []procedures.ResourceVerdict{{Guides: guides}}}
	chart := chartOf([]procedures.Call{call, {ResourceVerdicts: call.ResourceVerdicts}})
	var got []string
	for _, g := range chart.Guides {
		got = append(got, g.Name+" "+g.Line)
	}
	want := []string{
		"rising M0.0 101.0L600.0 53.0", "limit 20 M0.0 5.0L600.0 5.0", "limit 900 (off the scale) ",
		"below (off the scale) ", "early M0.0 96.2L600.0 96.2",
	}
	if !slices.Equal(got, want) || chart.Top != "20" || !strings.Contains(chart.Label, "limit 900 (off the scale)") {
		t.Errorf("got %q up to %s, %s", got, chart.Top, chart.Label)
	}
}

// TestAPeriodThatIsNotOver draws the last datapoint of a sum apart where its period goes on after the end that was asked for.
func TestAPeriodThatIsNotOver(t *testing.T) {
	points := parse(t,
		`{"Label": "Reads", "Datapoints": [
			{"Timestamp": "2026-11-24T00:00:00Z", "Sum": 10, "Average": 1},
			{"Timestamp": "2026-11-24T01:00:00Z", "Sum": 10, "Average": 1},
			{"Timestamp": "2026-11-24T02:00:00Z", "Sum": 0, "Average": 1}]}`)
	for _, c := range []struct{ end, line, open string }{
		{"2026-11-24T02:05:00Z", "M0.0 5.0L300.0 5.0", "M300.0 5.0L600.0 101.0"},
		{"2026-11-24T02:05:00", "M0.0 5.0L300.0 5.0", "M300.0 5.0L600.0 101.0"},
		{"2026-11-24T03:00:00Z", "M0.0 5.0L300.0 5.0L600.0 101.0", ""},
		{"now", "M0.0 5.0L300.0 5.0L600.0 101.0", ""},
	} {
		chart := chartOf([]procedures.Call{{Document: points, Args: []string{"--end-time", c.end, "--period", "3600"}}})
		level, sum := chart.Series[0], chart.Series[1]
		if sum.Line != c.line || sum.Open != c.open || level.Open != "" {
			t.Errorf("until %s: %+v beside %+v", c.end, sum, level)
		}
		if got := strings.Contains(chart.Label, "not over"); got != (c.open != "") {
			t.Errorf("until %s it says %s", c.end, chart.Label)
		}
	}
}

func TestFigure(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 12: "12", -1500: "-1,500", 4320000: "4,320,000", 99.5: "99.50", 182.4: "182", 1234.6: "1,235",
		0.00012345: "0.000123", 1e300: "1e+300",
	} {
		if got := figure(v); got != want {
			t.Errorf("%g is %s, want %s", v, got, want)
		}
	}
}

func TestManyLinesAreSaidToBeThere(t *testing.T) {
	var calls []procedures.Call
	for range 8 {
		calls = append(calls, procedures.Call{
			Document: parse(t,
				`{"Label": "x", "Datapoints": [
					{"Timestamp": "2026-11-24T00:00:00Z", "Sum": 1},
					{"Timestamp": "2026-11-24T01:00:00Z", "Sum": 2},
					{"Timestamp": "2026-11-24T02:00:00Z", "Sum": 2}]}`),
		})
	}
	if chart := chartOf(calls); len(chart.Series) != 6 || chart.More != 2 {
		t.Errorf("%d lines, %d more", len(chart.Series), chart.More)
	}
}
