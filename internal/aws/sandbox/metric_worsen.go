package sandbox

import "time"

// What the faults make of metrics, as far as a minute tells.
const (
	slowFor     = 2 * time.Hour      // so long the api and the discovery function have been slow
	refusedFor  = time.Hour          // so long the table has refused reads
	fullFor     = 6 * 24 * time.Hour // so long all of the table's read capacity has been used
	growingFor  = 30 * 24 * time.Hour
	growth      = 0.03    // of what it was, a day
	slowLatency = 1900    // milliseconds more
	slowRun     = 270_000 // milliseconds more: the function is cut off at 300,000
	fullReads   = 50 * 60 // read units of a minute: all that is provisioned
)

// worsened is what the faults make of a metric's minute, of one value of its dimension.
func (s *Sandbox) worsened(x series, value string, v float64, at, now time.Time) float64 {
	on, age := s.world.Faults, now.Sub(at)
	switch {
	case x.metric == "Latency" && on["slow-api"] && age < slowFor:
		return v + slowLatency
	case x.metric == "Duration" && on["slow-function"] && age < slowFor && value == estate+"-discovery-production":
		return v + slowRun
	case x.metric == "ReadThrottleEvents" && on["read-throttles"] && age < refusedFor:
		return v + 7
	case x.metric == "ConsumedReadCapacityUnits" && on["read-throttles"] && age < fullFor:
		return fullReads
	case x.metric == "ConsumedReadCapacityUnits" && on["growth"] && age < growingFor:
		return v * (1 + growth*(growingFor-age).Hours()/24)
	case x.metric == "Invocations" && on["idle-function"] && value == estate+"-analysis-production":
		return 0
	}
	return v
}
