package web

import (
	"fmt"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// costDay is a period of ce get-cost-and-usage with its groups, "Lambda=1.5".
func costDay(day string, groups ...string) string {
	var list []string
	for _, g := range groups {
		name, amount, _ := strings.Cut(g, "=")
		list = append(list, fmt.Sprintf(`{"Keys": [%q], "Metrics": {"UnblendedCost": {"Amount": %q, "Unit": "USD"}}}`, name, amount))
	}
	return fmt.Sprintf(`{"TimePeriod": {"Start": %q}, "Total": {}, "Groups": [%s], "Estimated": %t}`, day,
		strings.Join(list, ","), day == "2026-11-24")
}

func TestBarsOfCosts(t *testing.T) {
	cases := []struct {
		name   string
		days   []string
		series string // with their sums
		bars   int
		says   string
		row    string // the first of the table
	}{
		{"stacked, the highest sum first, unordered",
			[]string{costDay("2026-11-24", "A=1", "B=2"), costDay("2026-11-22", "A=0.5", "B=1234.5"), costDay("2026-11-23", "B=1")},
			"B 1,237.50|A 1.50", 5, "3 bars, 1,239.00 USD in all, highest on 22 Nov with 1,235.00: B 1,237.50, A 1.50",
			"2026-11-24 (estimate)|2.00|1.00|3.00"},
		{"few groups are left", []string{
			costDay("2026-11-22", "A=9", "B=8", "C=7", "D=6", "E=5", "F=4", "G=3"), costDay("2026-11-23", "A=1"),
		},
			"A 10.00|B 8.00|C 7.00|D 6.00|E 5.00|2 others 7.00", 7, "43.00 USD in all", "2026-11-23|1.00|0.00|0.00|0.00|0.00|0.00|1.00"},
		{
			"credits stand below", []string{costDay("2026-11-22", "A=10", "Credit=-4"), costDay("2026-11-23", "A=10")},
			"A 20.00|Credit -4.00", 3, "16.00 USD in all", "2026-11-23|10.00|0.00|10.00",
		},
		{"totals", []string{
			`{"TimePeriod": {"Start": "2026-11-22"}, "Total": {"BlendedCost": {"Amount": "1.25", "Unit": "EUR"}}}`,
			`{"TimePeriod": {"Start": "2026-11-23"}, "Total": {"BlendedCost": {"Amount": "2"}}}`,
		},
			"Cost 3.25", 2, "3.25 EUR in all", "2026-11-23|2.00|2.00"},
		{
			"hostile amounts", []string{
				costDay("2026-11-22", "A=NaN", "B=1e400", "C=-Inf", "D=1e308"), costDay("2026-11-23", "D=1e308", "E=x"),
				costDay("x", "A=1"),
			}, "D +Inf", 2, "2 bars", "2026-11-23|1e+308|1e+308",
		},
		{"one is no chart", []string{costDay("2026-11-22", "A=1")}, "", 0, "", ""},
		{"none", nil, "", 0, "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			chart := chartOf([]procedures.Call{{Document: parse(t, `{"ResultsByTime": [`+strings.Join(c.days, ",")+`]}`)}})
			if c.series == "" {
				if chart != nil {
					t.Fatalf("got %+v", chart)
				}
				return
			}
			var names []string
			for _, s := range chart.Series {
				names = append(names, s.Name)
			}
			if got := strings.Join(names, "|"); got != c.series {
				t.Errorf("series %s, want %s", got, c.series)
			}
			if len(chart.Bars) != c.bars {
				t.Errorf("%d parts of bars, want %d: %+v", len(chart.Bars), c.bars, chart.Bars)
			}
			for _, b := range chart.Bars {
				if strings.Contains(b.Path, "NaN") || strings.Contains(b.Path, "Inf") || b.Title == "" {
					t.Errorf("a part is %+v", b)
				}
			}
			if !strings.Contains(chart.Label, c.says) {
				t.Errorf("it says %q, want %q", chart.Label, c.says)
			}
			if got := cells(chart.Table.Rows[0]); got != c.row {
				t.Errorf("the first row is %s, want %s", got, c.row)
			}
		})
	}
}

// TestBarsStand compares the coordinates of parts with their amounts: the first part stands on the ground, the next on it.
func TestBarsStand(t *testing.T) {
	chart := chartOf([]procedures.Call{
		{Document: parse(t, `{"ResultsByTime": [`+costDay("2026-11-22", "A=3", "B=1")+","+costDay("2026-11-23", "A=1")+`]}`)},
	})
	var got []string
	for _, b := range chart.Bars {
		got = append(got, fmt.Sprintf("%d %s %s", b.Series, b.Path, b.Title))
	}
	want := "0 M30.0 101.0H270.0V29.0H30.0Z 22 Nov, A: 3.00 USD|1 M30.0 29.0H270.0V5.0H30.0Z 22 Nov, B: 1.00 USD|0 " +
		"M330.0 101.0H570.0V77.0H330.0Z 23 Nov, A: 1.00 USD"
	if strings.Join(got, "|") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "|"), want)
	}
}
