package knowledge_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/procedures"
)

// datapoints are the values of consecutive periods, the newest first.
func datapoints(statistic, unit string, from time.Time, period time.Duration, values ...float64) string {
	var points []string
	for i := len(values) - 1; i >= 0; i-- {
		value := fmt.Sprintf("%q:%g", statistic, values[i])
		if statistic == "p95" {
			value = fmt.Sprintf(`"ExtendedStatistics":{"p95":%g}`, values[i])
		}
		points = append(points, fmt.Sprintf(`{"Timestamp":%q,%s,"Unit":%q}`,
			from.Add(time.Duration(i)*period).Format(time.RFC3339), value, unit))
	}
	return `{"Label":"M","Datapoints":[` + strings.Join(points, ",") + `]}`
}

func TestMetricSentences(t *testing.T) {
	hours := func(n int) time.Time { return now.Add(-time.Duration(n) * time.Hour) }
	for _, c := range []struct{ name, answer, statistic, want string }{
		{"one sum", datapoints("Sum", "Count", hours(24), 24*time.Hour, 2), "Sum", "M of api: 2 in 24 h."},
		{"nothing happened", datapoints("Sum", "Count", hours(24), 24*time.Hour, 0), "Sum", "M of api: none in 24 h."},
		{
			"few in many periods", datapoints("Sum", "Count", hours(24), time.Hour, 0, 2, 0, 0, 1, 0), "Sum",
			"M of api: 3 in 6 h, at most 2 an hour.",
		},
		{
			"rising", datapoints("Sum", "Count", hours(4), time.Hour, 1000, 1000, 1500, 1500), "Sum",
			"M of api: 5,000 in 4 h, 1,000 to 1,500 an hour, rising: the second half is 50 % above the first.",
		},
		{
			"the last period is not over", datapoints("Sum", "Count", hours(5).Add(50*time.Minute), time.Hour, 1000,
				1010, 1000, 1010, 20), "Sum", "M of api: 4,040 in 4 h, 1,000 to 1,010 an hour, steady.",
		},
		{
			"falling bytes", datapoints("Sum", "Bytes", hours(4), time.Hour, 4000, 4000, 2000, 2000), "Sum",
			"M of api: 12 kB in 4 h, 2 kB to 4 kB an hour, falling: the second half is 50 % below the first.",
		},
		{
			"one level", datapoints("Average", "Milliseconds", hours(1), time.Hour, 812.4), "Average",
			"M of api, Average: 812 ms in the last hour.",
		},
		{
			"levels", datapoints("p95", "Milliseconds", hours(96), 24*time.Hour, 150, 171.26, 190, 182), "p95",
			"M of api, p95: 182 ms on the last day, 150 to 190 ms in 4 days, rising: the second half is 16 % above the first.",
		},
		{
			"a level that stays", datapoints("Average", "Percent", hours(3), time.Hour, 3, 3, 3), "Average",
			"M of api, Average: 3 % in the last hour, the same for 3 h.",
		},
		{
			"tripled", datapoints("Average", "None", hours(4), time.Hour, 1, 1, 3, 3), "Average",
			"M of api, Average: 3 in the last hour, 1 to 3 in 4 h, rising: the second half is 3 times the first.",
		},
		{"small", datapoints("Average", "Count", hours(1), time.Hour, 0.0523), "Average", "M of api, Average: 0.05 in the last hour."},
	} {
		period := "3600"
		if strings.Contains(c.name, "one sum") || c.name == "nothing happened" || c.name == "levels" {
			period = "86400"
		}
		list := "Statistics"
		if c.statistic == "p95" {
			list = "ExtendedStatistics"
		}
		input := parsed(t,
			fmt.Sprintf(`{"MetricName":"M","Dimensions":[{"Name":"FunctionName","Value":"api"}],"Period":%s,%q:[%q]}`,
				period, list, c.statistic))
		input.Set("EndTime", now)
		got := knowledge.Of("cloudwatch", "GetMetricStatistics").Judge(input, parsed(t, c.answer), now, nil)
		if got == nil || got.Verdict != procedures.Info || got.Reason != c.want {
			t.Errorf("%s:\n got %+v\nwant %s", c.name, got, c.want)
		}
	}
}

func TestMaximumIsSaidBesideTheAverage(t *testing.T) {
	input := parsed(t, `{"MetricName":"Duration","Period":86400,"Statistics":["Average","Maximum"]}`)
	answer := parsed(t,
		`{"Label":"Duration","Datapoints":[{"Timestamp":"2026-11-22T08:02:00+00:00","Average":820.5,`+
			`"Maximum":1400.0,"Unit":"Milliseconds"},{"Timestamp":"2026-11-23T08:02:00+00:00","Average":810.0,`+
			`"Maximum":1190.0,"Unit":"Milliseconds"}]}`)
	got := knowledge.Of("cloudwatch", "GetMetricStatistics").Judge(input, answer, now, nil)
	if want := "Duration, Average: 810 ms on the last day, 810 to 820 ms in 2 days; at most 1,400 ms."; got.Reason != want &&
		got.Reason != strings.Replace(want, "820", "821", 1) {
		t.Errorf("got %q, want %q", got.Reason, want)
	}
}

func TestMetricDataVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"cloudwatch GetMetricData", `{}`,
			`{"MetricDataResults":[{"Id":"m1","Label":"api Errors","Timestamps":["2026-11-24T07:02:00+00:00",` +
				`"2026-11-24T07:01:00+00:00"],"Values":[12,3],"StatusCode":"Complete"}]}`,
			procedures.Info, "api Errors: 12, rising.",
		},
		{
			"cloudwatch GetMetricData", `{}`,
			`{"MetricDataResults":[{"Id":"m1","Values":[],"StatusCode":"Complete"}]}`,
			procedures.NoData, "m1: no values.",
		},
		{
			"cloudwatch GetMetricData", `{}`,
			`{"MetricDataResults":[{"Id":"m1","Values":[],"StatusCode":"InternalError"}]}`,
			procedures.Failed, "m1: InternalError.",
		},
		{
			"cloudwatch DescribeAlarmsForMetric", `{}`,
			`{"MetricAlarms":[{"AlarmName":"errors","StateValue":"OK"}]}`,
			procedures.Passed, "errors: OK.",
		},
		{
			"cloudwatch DescribeAlarmsForMetric", `{}`,
			`{"MetricAlarms":[{"AlarmName":"errors","StateValue":"ALARM",` +
				`"StateUpdatedTimestamp":"2026-11-24T07:02:00+00:00"}]}`,
			procedures.Failed, "errors: ALARM since 07:02.",
		},
		{"cloudwatch DescribeAlarmsForMetric", `{}`, `{"MetricAlarms":[]}`, procedures.Warned, "No alarm watches this metric."},
	})
}
