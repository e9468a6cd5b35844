package sandbox

import "time"

// functionNames are in the order in which CloudWatch lists them.
var functionNames = []string{estate + "-analysis-production", estate + "-api-production", estate + "-discovery-production"}

// What faults make of the metrics of functions.
const (
	slowRun      = 270_000   // milliseconds more: the function is cut off at 300,000
	failingSince = time.Hour // so long the functions have had many errors
)

// lambdaMetrics are those of the functions, one by one and of all together.
func lambdaMetrics() []series {
	of := func(metric, unit string, base, swing float64, sum bool) series {
		return series{
			namespace: "AWS/Lambda", metric: metric, dimension: "FunctionName", values: functionNames, alone: true, unit: unit,
			base: base, swing: swing, sum: sum,
		}
	}
	invocations, errors, duration := of("Invocations", "Count", 11, 7, true),
		of("Errors", "Count", 0.0011, 0.0009, true), of("Duration", "Milliseconds", 820, 310, false)
	invocations.worsened, errors.added, duration.worsened = idle, failures, slowed
	return []series{invocations, errors, of("Throttles", "Count", 0, 0, true), duration, of("ConcurrentExecutions", "Count", 4, 2, false)}
}

// idle takes the invocations of one function away.
func idle(on map[string]bool, value string, v float64, _ time.Duration) float64 {
	if on["idle-function"] && value == estate+"-analysis-production" {
		return 0
	}
	return v
}

// slowed makes one function run almost into its timeout.
func slowed(on map[string]bool, value string, v float64, age time.Duration) float64 {
	if on["slow-function"] && age < slowFor && value == estate+"-discovery-production" {
		return v + slowRun
	}
	return v
}

// failures are the errors that faults add to a minute: of all functions for an hour, and what the alarm is about.
func failures(w *world, value string, at, now time.Time) float64 {
	extra := 0.0
	if w.Faults["error-rate"] && now.Sub(at) < failingSince {
		extra += 3
	}
	// The errors stand in the minute before the alarm changed, so that the metric explains it.
	if a := w.Alarms[parents[0]]; w.Faults["alarm"] && a != nil && value == a.DimensionValue {
		if since := a.Updated.Sub(at); since > 0 && since <= time.Minute {
			extra += alarming
		}
	}
	return extra
}
