package knowledge

import (
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// elasticacheService is Amazon ElastiCache.
func elasticacheService() service {
	return service{
		slow: []string{"Create", "Modify", "TestFailover"},
		operations: map[string]Operation{
			"DescribeReplicationGroups": survey{
				reads: "ReplicationGroups[]: ReplicationGroupId, Status, AutomaticFailover",
				list:  "ReplicationGroups", kind: "replication group", kinds: "replication groups", name: "ReplicationGroupId",
				good: "available", state: "Status", states: cacheStates,
				each: func(_ answered, o *document.Object) finding {
					switch state := str(o, "AutomaticFailover"); state {
					case "":
						return finding{}
					case "enabled", "enabling":
						return found(procedures.Passed, "failover %s", state)
					default:
						return found(procedures.Warned, "failover %s", state)
					}
				},
			}.operation(),
			"DescribeCacheClusters": survey{
				reads: "CacheClusters[]: CacheClusterId, CacheClusterStatus, Engine, EngineVersion",
				list:  "CacheClusters", kind: "cache cluster", kinds: "cache clusters", name: "CacheClusterId", good: "available",
				state: "CacheClusterStatus", states: cacheStates,
				each: func(_ answered, o *document.Object) finding {
					return finding{}.with("Engine", strings.TrimSpace(str(o, "Engine")+" "+str(o, "EngineVersion")))
				},
			}.operation(),
		},
	}
}

// cacheStates are those of caches: https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CacheCluster.html
var cacheStates = thing.with(states{
	warn: "rebooting cluster nodes, deleted", fail: "incompatible *, restore failed, create failed",
})
