package knowledge_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// daily are datapoints of a day each, the last of yesterday; the newer half comes first, as CloudWatch likes it.
func daily(values ...float64) string {
	var points []string
	for i, v := range values {
		at := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i-len(values))
		points = append(points, fmt.Sprintf(`{"Timestamp":%q,"Sum":%g,"Unit":"Count"}`, at.Format(time.RFC3339), v))
	}
	half := len(points) / 2
	return `{"Label":"Reads","Datapoints":[` + strings.Join(append(points[half:], points[:half]...), ",") + `]}`
}

func dailyInput() *document.Object {
	return document.NewObject(
		document.Member{Name: "MetricName", Value: "Reads"}, document.Member{Name: "Period", Value: int64(86400)},
		document.Member{Name: "Statistics", Value: document.List{"Sum"}},
		document.Member{Name: "EndTime", Value: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)},
	)
}

func TestMetricsAgainstTheirLimits(t *testing.T) {
	for _, c := range []struct {
		name        string
		values      []float64
		limit, days string
		want        procedures.Verdict
		says, facts string
	}{
		{"it comes near", []float64{100, 110, 120, 130, 140, 150}, "200", "", procedures.Warned,
			"Reads: average 125, rising by 10 a day, maximum 150 " +
				"a day: it reaches the limit of 200 on 28 November 2026.",
			"Statistic=Sum a day Total=750 Average=125 Maximum=150 Trend=rising by 10 a day Limit=200 Reaches it=28 November 2026"},
		{
			"it has time", []float64{100, 110, 120, 130, 140, 150}, "2000", "", procedures.Passed,
			"; it reaches the limit of 2,000 on 27 May 2027.", "Reaches it=27 May 2027",
		},
		{
			"it has less than the page wants", []float64{100, 110, 120, 130, 140, 150}, "2000", "365",
			procedures.Warned, ": it reaches the limit of 2,000 on 27 May 2027.", "",
		},
		{
			"it is far off", []float64{1000, 1001, 1002, 1003}, "1000000", "", procedures.Passed,
			"; it does not reach the limit of 1,000,000 within ten years.", "Reaches it=not within ten years",
		},
		{
			"it is reached", []float64{100, 250, 100, 100}, "250", "", procedures.Failed,
			"maximum 250 a day: the limit of 250 is reached.", "Reaches it=reached",
		},
		{
			"it goes up and down", []float64{100, 150, 100, 150, 100, 150, 101}, "200", "", procedures.Passed,
			"Reads: average 122, steady, maximum 150 a day; the limit is 200.", "Trend=steady Limit=200 Reaches it=not",
		},
		{
			"it falls", []float64{150, 140, 130, 120}, "200", "", procedures.Passed, "falling by 10 a day",
			"Trend=falling by 10 a day Limit=200 Reaches it=not",
		},
		{
			"too few for a trend", []float64{10, 190}, "200", "", procedures.Passed,
			"Reads: maximum 190 a day; the limit is 200.", "Total=200 Maximum=190 Limit=200 Reaches it=not",
		},
		{"none", nil, "200", "", procedures.NoData, "Reads has no datapoints in this time.", ""},
		{
			"a limit that is no number", []float64{1, 2, 3, 4}, "lots", "", procedures.Errored,
			`OPSBOOK_METRIC_LIMIT is "lots"; it must be a number above 0: limit of the metric in one period.`, "",
		},
		{"an infinite one", []float64{1, 2, 3, 4}, "Inf", "", procedures.Errored, `OPSBOOK_METRIC_LIMIT is "Inf"`, ""},
		{"days that are no number", []float64{1, 2, 3, 4}, "9", "-1", procedures.Errored, `OPSBOOK_LIMIT_DAYS is "-1"`, ""},
		{
			"without a limit", []float64{100, 110, 120, 130}, "", "", procedures.Info,
			"Reads: 460 in 4 days, 100 to 130 a day, rising", "Total=460 Average=115 Maximum=130 Trend=rising by 10 a day",
		},
		{"huge values", []float64{1e308, 1e308, 1e308, 1e308}, "1e9", "", procedures.Failed, "is reached", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			variable := func(name string) (string, bool) {
				v := map[string]string{"OPSBOOK_METRIC_LIMIT": c.limit, "OPSBOOK_LIMIT_DAYS": c.days}[name]
				return v, v != ""
			}
			entry := knowledge.Of("cloudwatch", "GetMetricStatistics")
			j := entry.Judge(dailyInput(), parsed(t, daily(c.values...)), now, variable)
			if j.Verdict != c.want || !strings.Contains(j.Reason, c.says) {
				t.Errorf("%s: %s", j.Verdict, j.Reason)
			}
			all := entry.ResourceVerdicts(dailyInput(), parsed(t, daily(c.values...)), now, variable)
			if got := strings.Join(lines(all), ""); !strings.Contains(got, c.facts) {
				t.Errorf("it has %s; want %s", got, c.facts)
			}
			if _, err := json.Marshal(all); err != nil { // they are kept in the journal
				t.Error(err)
			}
		})
	}
}

func TestGuidesOfAMetric(t *testing.T) {
	variable := func(name string) (string, bool) { return "200", name == "OPSBOOK_METRIC_LIMIT" }
	all := knowledge.Of("cloudwatch", "GetMetricStatistics").ResourceVerdicts(dailyInput(),
		parsed(t, daily(100, 110, 120, 130)), now, variable)
	var got []string
	for _, g := range all[0].Guides {
		got = append(got, fmt.Sprintf("%s: %s %g to %s %g", g.Name, g.From.Format("2 Jan"), g.First, g.To.Format("2 Jan"), g.Last))
	}
	if want := []string{"rising by 10 a day: 20 Nov 100 to 23 Nov 130", "limit 200: 20 Nov 200 to 23 Nov 200"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestWhatGoesUpAndDownDoesNotRise reads a week whose first days are a weekend.
func TestWhatGoesUpAndDownDoesNotRise(t *testing.T) {
	j := knowledge.Of("cloudwatch", "GetMetricStatistics").Judge(dailyInput(), parsed(t, daily(1350, 950, 970, 1350, 1350, 1350)), now, nil)
	if j.Reason != "Reads: 7,320 in 6 days, 950 to 1,350 a day." {
		t.Error(j.Reason)
	}
}

// TestAPeriodThatIsNotOverMayBeTheHighest reads errors that all came in the last period, which goes on.
func TestAPeriodThatIsNotOverMayBeTheHighest(t *testing.T) {
	input := dailyInput()
	input.Set("EndTime", time.Date(2026, 11, 23, 5, 0, 0, 0, time.UTC)) // within the last day
	j := knowledge.Of("cloudwatch", "GetMetricStatistics").Judge(input, parsed(t, daily(0, 0, 0, 37)), now, nil)
	if j.Reason != "Reads: 37 in 3 days, 0 to 37 a day." {
		t.Error(j.Reason)
	}
}
