package sandbox

import (
	"maps"
	"sync"
	"time"
)

// simulation is what the sandbox has of one service. All of it stands in files with the service's stem.
type simulation struct {
	service  string             // as the models have it; empty for what is none of AWS
	handlers map[string]handler // by operation
	faults   []Fault
	// populate makes what a healthy account has of it; nil for nothing that can change.
	populate func(w *world, now time.Time)
	// settle makes what is over by now so, before each call; nil for nothing.
	settle func(w *world, now time.Time)
	// switched follows a fault that was switched; nil for nothing.
	switched func(w *world, fault string, on bool, now time.Time)
	metrics  []series // of its resources
	grows    []growing
}

// simulations has one line for each service, in the order in which their faults are shown.
var simulations = sync.OnceValue(func() []simulation {
	return []simulation{
		cloudwatchSimulation(),
		lambdaSimulation(),
		dynamodbSimulation(),
		webSimulation(),
		apigatewaySimulation(),
		cloudfrontSimulation(),
		logsSimulation(),
		iamSimulation(),
		ecrSimulation(),
		cloudtrailSimulation(),
		ceSimulation(),
		s3Simulation(),
		supportSimulation(),
		eventsSimulation(),
		guarddutySimulation(),
		healthSimulation(),
		stsSimulation(),
		accountSimulation(),
	}
})

// handlers are the operations that the sandbox has, by "service Operation".
var handlers = sync.OnceValue(func() map[string]handler {
	all := map[string]handler{}
	for _, s := range simulations() {
		for operation, h := range s.handlers {
			all[s.service+" "+operation] = h
		}
	}
	return all
})

// merge puts the handlers of a service's files together.
func merge(tables ...map[string]handler) map[string]handler {
	all := map[string]handler{}
	for _, t := range tables {
		maps.Copy(all, t)
	}
	return all
}

// allSeries are the metrics of all services.
var allSeries = sync.OnceValue(func() []series {
	var out []series
	for _, s := range simulations() {
		out = append(out, s.metrics...)
	}
	return out
})

// faults are those of all services.
var faults = sync.OnceValue(func() []Fault {
	var out []Fault
	for _, s := range simulations() {
		out = append(out, s.faults...)
	}
	for _, name := range livingNames() {
		out = append(out, livingOf(name).faults...)
	}
	return out
})
