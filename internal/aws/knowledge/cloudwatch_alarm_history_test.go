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

// change is an item of an alarm's history, so many minutes after eight o'clock of the day before; period is 0 where it is not said.
func change(alarm, from, to string, minutes, period int) string {
	data := ""
	if period > 0 {
		text, err := json.Marshal(fmt.Sprintf(`{"oldState":{"stateValue":%q},"newState":{"stateValue":%q,`+
			`"stateReasonData":{"period":%d}}}`, from, to, period))
		if err != nil {
			panic(err)
		}
		data = `,"HistoryData":` + string(text)
	}
	kind := "MetricAlarm"
	if strings.HasPrefix(alarm, "all") {
		kind = "CompositeAlarm"
	}
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC).Add(time.Duration(minutes) * time.Minute)
	return fmt.Sprintf(`{"AlarmName":%q,"AlarmType":%q,"HistoryItemType":"StateUpdate",`+
		`"HistorySummary":"Alarm updated from %s to %s","Timestamp":%q%s}`,
		alarm, kind, from, to, at.Format("2006-01-02T15:04:05+00:00"), data)
}

// alarmed are alarms that begin an hour apart and last so many minutes.
func alarmed(alarm string, period int, lasts ...int) []string {
	var out []string
	for i, minutes := range lasts {
		out = append(out, change(alarm, "OK", "ALARM", 60*i, period), change(alarm, "ALARM", "OK", 60*i+minutes, period))
	}
	slices.Reverse(out) // newest first, as CloudWatch answers
	return out
}

func TestHistoryOfAlarms(t *testing.T) {
	for _, c := range []struct {
		name   string
		items  []string
		want   procedures.Verdict
		says   string
		advice string
		first  string // finding
	}{
		{"most clear soon", alarmed("errors", 300, 3, 5, 2, 50), procedures.Warned,
			"8 changes of state of errors on 23 November: the alarm flaps.",
			"errors: 3 of 4 alarms cleared within 5 minutes: consider 2 evaluation periods of 5 min.",
			"warn Alarm errors: 3 of 4 alarms cleared within 5 minutes: consider 2 evaluation periods of 5 min " +
				"[Changes=8 Most in a day=8 on 23 Nov Alarms=4 In ALARM=60 min]"},
		{
			"a period that is not said", alarmed("errors", 0, 7, 7, 7), procedures.Warned, "6 changes",
			"errors: 3 of 3 alarms cleared within 7 minutes: consider one evaluation period more than that lasts, or " +
				"a higher threshold.", "",
		},
		{"they last", alarmed("errors", 300, 50, 40, 45), procedures.Warned, "6 changes", "", ""},
		{
			"two are no pattern", alarmed("errors", 300, 1, 1), procedures.Info,
			"4 changes of state, the last at 09:01: errors from ALARM to OK.", "", "",
		},
		{"two flap", append(alarmed("b", 60, 1, 1, 1), alarmed("a", 60, 20, 20, 20, 20)...), procedures.Warned,
			"2 alarms flap: 8 changes of state of a on 23 November; 6 changes of state of b on 23 November.",
			"b: 3 of 3 alarms cleared within 1 minute: consider 2 evaluation periods of 1 min.", ""},
		{"a composite alarm follows others", alarmed("all", 0, 1, 1, 1), procedures.Warned, "the alarm flaps", "", ""},
		{"without data", []string{
			change("lag", "OK", "INSUFFICIENT_DATA", 0, 0), change("lag", "INSUFFICIENT_DATA", "OK", 5, 0),
			change("lag", "OK", "INSUFFICIENT_DATA", 9, 0), change("lag", "INSUFFICIENT_DATA", "OK", 12, 0),
			change("lag", "OK", "INSUFFICIENT_DATA", 15, 0),
		},
			procedures.Info, "5 changes of state", "lag: 3 times without enough data: decide how missing data is treated.", ""},
		{
			"hostile", []string{
				`{"AlarmName":5,"Timestamp":"x"}`, `null`,
				`{"HistoryItemType":"StateUpdate","Timestamp":"2026-11-23T05:00:00Z","HistorySummary":"?","HistoryData":"[]"}`,
			}, procedures.Info, "1 change of state", "", "info Alarm :  [Changes=1 Most in a day=1 on 23 Nov Alarms=0 In ALARM=0 s]",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer := parsed(t, `{"AlarmHistoryItems":[`+strings.Join(c.items, ",")+`]}`)
			entry := knowledge.Of("cloudwatch", "DescribeAlarmHistory")
			j := entry.Judge(nil, answer, now, nil)
			if j.Verdict != c.want || !strings.Contains(j.Reason, c.says) || j.Advice != c.advice {
				t.Errorf("%s: %s (%s)", j.Verdict, j.Reason, j.Advice)
			}
			all := entry.ResourceVerdicts(nil, answer, now, nil)
			if len(all) == 0 || c.first != "" && line(all[0]) != c.first {
				t.Errorf("the findings are\n%s", strings.Join(lines(all), "\n"))
			}
		})
	}
}

// TestSpansOfAlarms covers the time that was asked for without a gap.
func TestSpansOfAlarms(t *testing.T) {
	from, to := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	input := document.NewObject(document.Member{Name: "StartDate", Value: from}, document.Member{Name: "EndDate", Value: to})
	all := knowledge.Of("cloudwatch", "DescribeAlarmHistory").ResourceVerdicts(input,
		parsed(t, `{"AlarmHistoryItems":[`+strings.Join(alarmed("errors", 300, 30), ",")+`]}`), now, nil)
	var got []string
	for _, s := range all[0].Spans {
		got = append(got, fmt.Sprintf("%s %s %s–%s", s.Verdict, s.State, s.From.Format("15:04"), s.To.Format("15:04")))
	}
	if want := []string{"pass OK 00:00–08:00", "fail ALARM 08:00–08:30", "pass OK 08:30–00:00"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if all := knowledge.Of("cloudwatch", "DescribeAlarmHistory").ResourceVerdicts(nil,
		parsed(t, `{"AlarmHistoryItems":[`+change("a", "OK", "ALARM", 0, 0)+`]}`), now, nil); len(all[0].Spans) != 1 ||
		!all[0].Spans[0].To.Equal(now) {
		t.Errorf("without a beginning: %+v", all[0].Spans)
	}
}

func TestFindingsOfAlarms(t *testing.T) {
	answer := `{"MetricAlarms":[
		{"AlarmName":"a","StateValue":"OK","StateUpdatedTimestamp":"2026-11-23T05:00:00+00:00","Statistic":"Sum","MetricName":"Errors",
		"ComparisonOperator":"GreaterThanThreshold","Threshold":10.0,"Period":300,"EvaluationPeriods":3,
		"ActionsEnabled":true,"AlarmActions":["x"]},
		{"AlarmName":"b","StateValue":"ALARM","ExtendedStatistic":"p95","MetricName":"Latency",
		"ComparisonOperator":"LessThanLowerOrGreaterThanUpperThreshold",
		"ActionsEnabled":false,"AlarmActions":["x"]},
		{"AlarmName":"c","StateValue":"INSUFFICIENT_DATA"}],"CompositeAlarms":[{"AlarmName":"d","StateValue":"OK","AlarmRule":"ALARM(a)"}]}`
	want := []string{
		"pass Alarm a:  [State=OK Since (UTC)=2026-11-23 05:00 Condition=Sum of Errors > 10, 3 × 5 min Actions=1 action]",
		"fail Alarm b:  [State=ALARM Since (UTC)= Condition=p95 of Latency outside of its band Actions=none: actions are off]",
		"warn Alarm c:  [State=INSUFFICIENT_DATA Since (UTC)= Condition=an expression of metrics Actions=none]",
		"pass Alarm d:  [State=OK Since (UTC)= Condition=ALARM(a) Actions=none]",
	}
	if got := lines(find(t, "cloudwatch DescribeAlarms", `{}`, answer, nil)); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
