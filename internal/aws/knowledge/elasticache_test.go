package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestElastiCacheVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"elasticache DescribeReplicationGroups", `{}`,
			`{"ReplicationGroups":[{"ReplicationGroupId":"sessions","Status":"available","AutomaticFailover":"enabled"}]}`,
			procedures.Passed, "sessions: available, failover enabled.",
		},
		{
			"elasticache DescribeReplicationGroups", `{}`,
			`{"ReplicationGroups":[{"ReplicationGroupId":"sessions","Status":"available","AutomaticFailover":"disabled"}]}`,
			procedures.Warned, "sessions: failover disabled.",
		},
		{
			"elasticache DescribeReplicationGroups", `{}`,
			`{"ReplicationGroups":[{"ReplicationGroupId":"sessions","Status":"create-failed"}]}`,
			procedures.Failed, "sessions: create-failed.",
		},
		{
			"elasticache DescribeCacheClusters", `{}`,
			`{"CacheClusters":[{"CacheClusterId":"c","CacheClusterStatus":"available"}]}`,
			procedures.Passed, "c: available.",
		},
		{
			"elasticache DescribeCacheClusters", `{}`,
			`{"CacheClusters":[{"CacheClusterId":"c","CacheClusterStatus":"incompatible-network"}]}`,
			procedures.Failed, "c: incompatible-network.",
		},
	})
}
