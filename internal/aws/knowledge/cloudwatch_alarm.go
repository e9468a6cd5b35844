package knowledge

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// alarmKind is the kind of resource of both the alarms and their histories: they are one row.
const alarmKind = "Alarm"

// judgeAlarms fails for alarms in ALARM and warns of those without enough data. An answer without alarms passes only where the
// call asked for those in ALARM: otherwise it says nothing of them.
func judgeAlarms(q answered) *procedures.Judgement {
	all := append(members(q.answer, "MetricAlarms"), members(q.answer, "CompositeAlarms")...)
	var red, unsure []string
	for _, a := range all {
		switch str(a, "StateValue") {
		case "ALARM":
			red = append(red, str(a, "AlarmName")+since(at(a, "StateUpdatedTimestamp"), q.now))
		// A new alarm begins like this, and so does one whose metric has stopped.
		case "INSUFFICIENT_DATA":
			unsure = append(unsure, str(a, "AlarmName"))
		}
	}
	// With a filter an empty answer may be a misspelt name, which must not pass.
	filtered := q.input.Len() > 0
	switch {
	case len(red) > 0:
		return judge(procedures.Failed, "%s in ALARM: %s.", plural(len(red), "alarm is", "alarms are"), strings.Join(red, "; "))
	case len(unsure) > 0:
		return judge(procedures.Warned, "%s without enough data: %s.", plural(len(unsure), "alarm", "alarms"), strings.Join(unsure, ", "))
	case len(all) == 0 && str(q.input, "StateValue") == "ALARM":
		return judge(procedures.Passed, "No alarm is in ALARM.")
	case len(all) == 0 && !filtered:
		return judge(procedures.NoData, "No alarm is defined.")
	case len(all) == 0:
		return judge(procedures.NoData, "No alarm matches.")
	}
	return judge(procedures.Passed, "%s, none in ALARM.", plural(len(all), "alarm", "alarms"))
}

// alarmVerdicts lists alarms with what they look at and whom they tell.
func alarmVerdicts(q answered) []procedures.ResourceVerdict {
	var out []procedures.ResourceVerdict
	for _, a := range append(members(q.answer, "MetricAlarms"), members(q.answer, "CompositeAlarms")...) {
		f := procedures.ResourceVerdict{Kind: alarmKind, Name: str(a, "AlarmName"), Verdict: stateVerdict(str(a, "StateValue"))}
		if f.Verdict == procedures.NoData {
			f.Verdict = procedures.Warned // as the verdict rule of all of them has it
		}
		since := ""
		if t := at(a, "StateUpdatedTimestamp"); !t.IsZero() {
			since = t.UTC().Format("2006-01-02 15:04")
		}
		f.Facts = []procedures.Fact{
			{Name: "State", Value: str(a, "StateValue")}, {Name: "Since (UTC)", Value: since},
			{Name: "Condition", Value: rule(a)}, {Name: "Actions", Value: actionsOf(a)},
		}
		out = append(out, f)
	}
	return out
}

// stateVerdict is the verdict of an alarm in a state: OK, ALARM or INSUFFICIENT_DATA.
func stateVerdict(state string) procedures.Verdict {
	switch state {
	case "OK":
		return procedures.Passed
	case "ALARM":
		return procedures.Failed
	}
	return procedures.NoData
}

// comparisons are the signs of the operators.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricAlarm.html
var comparisons = map[string]string{
	"GreaterThanOrEqualToThreshold": "≥", "GreaterThanThreshold": ">", "LessThanThreshold": "<", "LessThanOrEqualToThreshold": "≤",
}

// rule says when an alarm comes: "Sum of Errors > 10, 1 × 5 min".
func rule(a *document.Object) string {
	if text := str(a, "AlarmRule"); text != "" {
		return text
	}
	metric := str(a, "MetricName")
	if metric == "" {
		return "an expression of metrics"
	}
	statistic := str(a, "Statistic") + str(a, "ExtendedStatistic")
	sentence := fmt.Sprintf("%s of %s", statistic, metric)
	operator, known := comparisons[str(a, "ComparisonOperator")]
	threshold, _ := a.Get("Threshold")
	limit, ok := float(threshold)
	// An anomaly detection alarm compares with a band (ThresholdMetricId) rather than with a
	// number.
	if !known || !ok {
		return sentence + " outside of its band"
	}
	sentence += fmt.Sprintf(" %s %s", operator, number(limit))
	times, _ := a.Get("EvaluationPeriods")
	period, _ := a.Get("Period")
	n, okTimes := float(times)
	seconds, okPeriod := float(period)
	if okTimes && okPeriod && seconds < 1e9 {
		sentence += fmt.Sprintf(", %s × %s", number(n), length(time.Duration(seconds)*time.Second))
	}
	return sentence
}

// actionsOf says how many actions an alarm has, and whether they are on.
func actionsOf(a *document.Object) string {
	actions, _ := a.Get("AlarmActions")
	list, _ := actions.(document.List)
	switch on, _ := a.Get("ActionsEnabled"); {
	case len(list) == 0:
		return "none"
	// Actions are listed even while they are switched off, which is what a reader has to know.
	case on == false:
		return "none: actions are off"
	}
	return plural(len(list), "action", "actions")
}

// alarmHints says that composite alarms are left out of a list of all alarms.
func alarmHints(w Written) []Hint {
	if w.Has("AlarmTypes") || w.Has("AlarmNames") || w.Has("AlarmNamePrefix") {
		return nil
	}
	return []Hint{{
		Severity: procedures.SeverityNote, Rule: "composite-alarms", Add: "--alarm-types MetricAlarm CompositeAlarm",
		Text: "This leaves composite alarms out; --alarm-types MetricAlarm CompositeAlarm has both.",
	}}
}

// judgeValues says the newest value of a metric and where it goes. Nothing is known of what it should be.
func judgeValues(_ answered, o *document.Object) finding {
	words := vocabularyOf(states{info: "complete", warn: "partial data", fail: "internal error", noData: "forbidden"})
	f := words.finding(cmp.Or(str(o, "StatusCode"), "Complete"))
	times := textsAt(o, "Timestamps")
	values, _ := o.Get("Values")
	list, _ := values.(document.List)
	if f.verdict != procedures.Info {
		return f
	}
	if len(list) == 0 {
		return found(procedures.NoData, "no values")
	}
	newest, _ := float(list[0])
	oldest, _ := float(list[len(list)-1])
	// The newest comes first, unless the call asks for the oldest.
	if len(times) > 1 && times[0] < times[len(times)-1] {
		newest, oldest = oldest, newest
	}
	way := "steady"
	switch {
	case newest > oldest*1.1:
		way = "rising"
	case newest < oldest*0.9:
		way = "falling"
	}
	return found(procedures.Info, "%s, %s", number(newest), way)
}
