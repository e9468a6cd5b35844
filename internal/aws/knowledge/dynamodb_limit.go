package knowledge

import (
	"fmt"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// tableLimits are those of an update of a table.
func tableLimits(p proposed) []string { return append(switchLimits(p), capacityLimits(p)...) }

// switchLimits say what DynamoDB's rule of four switches to on-demand in a day leaves, as far as a table tells.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
func switchLimits(p proposed) []string {
	last, _ := child(p.before, "BillingModeSummary").Get("LastUpdateToPayPerRequestDateTime")
	at, ok := last.(time.Time)
	if str(p.input, "BillingMode") != onDemand || !ok || p.now.Sub(at) > 24*time.Hour {
		return nil
	}
	return []string{fmt.Sprintf("The table was switched to on-demand %s ago; AWS allows four switches in 24 hours, "+
		"and does not say how many there were.", p.now.Sub(at).Round(time.Minute))}
}

// capacityLimits compare read and write units with the account's.
func capacityLimits(p proposed) []string {
	throughput, _ := p.input.Get("ProvisionedThroughput")
	if throughput == nil {
		return nil
	}
	var out []string
	// DescribeLimits answers the account's quotas in units, of one table and of the region.
	if answer, err := p.read("dynamodb", "DescribeLimits", nil); err == nil {
		for _, l := range []struct{ member, limit, what string }{
			{"ReadCapacityUnits", "TableMaxReadCapacityUnits", "read"}, {"WriteCapacityUnits", "TableMaxWriteCapacityUnits", "write"},
		} {
			want, ok := figure(throughput, l.member)
			if most, known := figure(answer, l.limit); ok && known && want > most {
				out = append(out, fmt.Sprintf("%.0f %s units are more than the %.0f that the account allows a table: "+
					"AWS will refuse it.", want, l.what, most))
			}
		}
	}
	// Decreases are counted per day in UTC:
	// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
	lower := false
	for _, m := range []string{"ReadCapacityUnits", "WriteCapacityUnits"} {
		want, ok := figure(throughput, m)
		if have, known := figure(p.before, "ProvisionedThroughput", m); ok && known && want < have {
			lower = true
		}
	}
	if n, ok := figure(p.before, "ProvisionedThroughput", "NumberOfDecreasesToday"); lower && ok && n >= 4 {
		out = append(out, fmt.Sprintf("The table's capacity was lowered %.0f times today: after four times AWS allows one in an hour.", n))
	}
	return out
}

// worstPart is the worst of a table's indexes and replicas.
func worstPart(t *document.Object) finding {
	words := thing.with(states{
		fail: "inaccessible encryption credentials, region disabled, creation failed, archived, replication not authorized",
		warn: "archiving",
	})
	var f finding
	for _, part := range []struct{ list, name, state, word string }{
		{"GlobalSecondaryIndexes", "IndexName", "IndexStatus", "index "},
		{"Replicas", "RegionName", "ReplicaStatus", "replica in "},
	} {
		for _, o := range members(t, part.list) {
			if state := str(o, part.state); state != "" {
				one := words.finding(state)
				one.says = part.word + str(o, part.name) + " is " + one.says
				f = worse(f, one)
			}
		}
	}
	return f
}
