package sandbox

import (
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
)

// putAlarmTakes are the members of PutMetricAlarm that it understands; DescribeAlarms shows them all. Metric math is not simulated.
const putAlarmTakes = "AlarmName AlarmDescription ActionsEnabled OKActions AlarmActions InsufficientDataActions MetricName Namespace " +
	"Statistic ExtendedStatistic Dimensions Period Unit EvaluationPeriods DatapointsToAlarm Threshold ComparisonOperator " +
	"TreatMissingData Tags"

// putAlarm makes an alarm, or another one of one that is there, whose state stays as it is.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
func putAlarm(s *Sandbox, r *request) (*document.Object, error) {
	name := text(r.input, "AlarmName")
	a := s.world.Alarms[name]
	if a == nil {
		a = &alarm{Name: name, State: "INSUFFICIENT_DATA", Reason: "Unchecked: Initial alarm creation", Updated: r.now}
	}
	a.Description, a.Namespace, a.Metric = text(r.input, "AlarmDescription"), text(r.input, "Namespace"), text(r.input, "MetricName")
	a.Statistic, a.Operator = text(r.input, "Statistic"), text(r.input, "ComparisonOperator")
	a.Period, a.Evaluations = integer(r.input, "Period", 60), integer(r.input, "EvaluationPeriods", 1)
	a.Dimension, a.DimensionValue, a.Configured = "", "", r.now
	for _, d := range objects(r.input, "Dimensions") {
		a.Dimension, a.DimensionValue = text(d, "Name"), text(d, "Value")
	}
	a.Set = &document.Object{}
	for member, v := range r.input.All() {
		if member != "Tags" {
			a.Set.Set(member, storable(v))
		}
	}
	s.world.Alarms[name] = a
	s.touch(r, name, "AWS::CloudWatch::Alarm")
	return nil, nil
}

// deleteAlarms deletes what is there of the alarms that it names; the rest is no error. The estate's composite alarm stands on its own.
func deleteAlarms(s *Sandbox, r *request) (*document.Object, error) {
	names := texts(r.input, "AlarmNames")
	if slices.Contains(names, compositeName) {
		return nil, notTaken(r, "a composite alarm")
	}
	for _, name := range names {
		delete(s.world.Alarms, name)
	}
	s.touch(r, strings.Join(names, ","), "AWS::CloudWatch::Alarm")
	return nil, nil
}

// switchActions makes the actions of alarms happen, or not.
func switchActions(on bool) func(s *Sandbox, r *request) (*document.Object, error) {
	return func(s *Sandbox, r *request) (*document.Object, error) {
		for _, name := range texts(r.input, "AlarmNames") {
			if a := s.world.Alarms[name]; a != nil {
				if a.Set == nil {
					a.Set = &document.Object{}
				}
				a.Set.Set("ActionsEnabled", on)
			}
		}
		s.touch(r, strings.Join(texts(r.input, "AlarmNames"), ","), "AWS::CloudWatch::Alarm")
		return nil, nil
	}
}
