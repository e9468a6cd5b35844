package knowledge

import (
	"cmp"
	"fmt"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// opensearchService is Amazon OpenSearch Service.
func opensearchService() service {
	return service{
		slow: []string{"Create", "Update", "Upgrade"},
		operations: map[string]Operation{
			"DescribeDomainHealth": {reads: "ClusterHealth, TotalShards, TotalUnAssignedShards", rule: judgeDomainHealth},
			"DescribeDomain": survey{
				reads: "DomainStatus: DomainName, DomainProcessingStatus, Deleted",
				list:  "DomainStatus", kind: "domain", kinds: "domains", name: "DomainName",
				state: "DomainProcessingStatus", states: thing.with(states{fail: "isolated"}),
				each: func(_ answered, o *document.Object) finding {
					if truthAt(o, "Deleted") {
						return found(procedures.Failed, "deleted")
					}
					return finding{}
				},
			}.operation(),
		},
	}
}

// judgeDomainHealth says how many shards have no node:
// https://docs.aws.amazon.com/opensearch-service/latest/APIReference/API_DescribeDomainHealth.html
func judgeDomainHealth(q answered) *procedures.Judgement {
	f := vocabularyOf(states{pass: "green", warn: "yellow", fail: "red", noData: "not available"}).finding(str(q.answer, "ClusterHealth"))
	if total := str(q.answer, "TotalShards"); total != "" {
		f.says += fmt.Sprintf(", %s of %s shards unassigned", cmp.Or(str(q.answer, "TotalUnAssignedShards"), "0"), total)
	}
	return judge(f.verdict, "%s: %s.", q.about(), f.says)
}
