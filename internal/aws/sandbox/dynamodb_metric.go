package sandbox

import "time"

// What faults make of the metrics of the table.
const (
	refusedFor = time.Hour          // so long the table has refused reads
	fullFor    = 6 * 24 * time.Hour // so long all of the table's read capacity has been used
	// The growth begins so long ago; before it the table is as without the fault.
	growingFor = 30 * 24 * time.Hour
	growth     = 0.03    // of what it was, a day
	fullReads  = 50 * 60 // read units of a minute: all that is provisioned
)

// dynamodbMetrics are the table's consumed units and throttled reads, per minute.
func dynamodbMetrics() []series {
	of := func(metric string, base, swing float64) series {
		return series{
			namespace: "AWS/DynamoDB", metric: metric, dimension: "TableName", values: []string{topology.Name}, unit: "Count",
			base: base, swing: swing, sum: true,
		}
	}
	reads, refused := of("ConsumedReadCapacityUnits", 940, 410), of("ReadThrottleEvents", 0, 0)
	reads.worsened, refused.worsened = readMore, refusedReads
	return []series{reads, of("ConsumedWriteCapacityUnits", 310, 120), refused}
}

// refusedReads adds the reads that the fault makes the table refuse.
func refusedReads(on map[string]bool, _ string, v float64, age time.Duration) float64 {
	if on["read-throttles"] && age < refusedFor {
		return v + 7
	}
	return v
}

// readMore is the capacity that is used up, or that grows.
func readMore(on map[string]bool, _ string, v float64, age time.Duration) float64 {
	switch {
	case on["read-throttles"] && age < fullFor:
		return fullReads
	case on["growth"] && age < growingFor:
		return v * (1 + growth*(growingFor-age).Hours()/24)
	}
	return v
}
