package knowledge

import (
	"cmp"

	"github.com/opsbook/opsbook/internal/document"
)

// redshiftService is Amazon Redshift.
func redshiftService() service {
	return service{
		slow: []string{"Create", "Restore", "Modify", "Resize"},
		operations: map[string]Operation{
			"DescribeClusters": survey{
				reads: "Clusters[]: ClusterIdentifier, ClusterAvailabilityStatus, ClusterStatus",
				list:  "Clusters", kind: "cluster", kinds: "clusters", name: "ClusterIdentifier", good: "available",
				each: func(_ answered, o *document.Object) finding {
					words := thing.with(states{fail: "unavailable"})
					return words.finding(cmp.Or(str(o, "ClusterAvailabilityStatus"), str(o, "ClusterStatus")))
				},
			}.operation(),
		},
	}
}
