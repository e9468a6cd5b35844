package sandbox

import (
	"time"
)

// elasticacheLiving is Amazon ElastiCache: replication groups and the clusters of their nodes.
// https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/Welcome.html
func elasticacheLiving() *living {
	group := func(a act) act { a.kind, a.by, a.at = "group", "ReplicationGroupId", "ReplicationGroup"; return a }
	cluster := func(a act) act { a.kind, a.by, a.at = "cluster", "CacheClusterId", "CacheCluster"; return a }
	return &living{
		service: "elasticache", token: "400 InvalidParameterValue Invalid marker.",
		estate: []string{"group/" + estate + "-sessions"},
		kinds: map[string]*kind{
			"group": {
				shape: "DescribeReplicationGroups ReplicationGroups", id: "ReplicationGroupId", arn: "ARN", state: "Status",
				healthy: cacheGroup, born: "creating 30s available", now: roles,
				missing: "404 ReplicationGroupNotFoundFault ReplicationGroup {name} not found.",
				exists:  "400 ReplicationGroupAlreadyExists Replication group {name} already exists",
				brings: func(_ *Sandbox, name string, _ time.Time) []string {
					return []string{"elasticache cluster/" + name + "-001", "elasticache cluster/" + name + "-002"}
				},
			},
			"cluster": {
				shape: "DescribeCacheClusters CacheClusters", id: "CacheClusterId", arn: "ARN", state: "CacheClusterStatus",
				healthy: cacheCluster, born: "creating 30s available", now: clusterOf,
				missing: "404 CacheClusterNotFound CacheCluster not found: {name}",
				exists:  "400 CacheClusterAlreadyExists Cache cluster {name} already exists.",
			},
			"snapshot": {
				shape: "DescribeSnapshots Snapshots", id: "SnapshotName", state: "SnapshotStatus", born: "creating 10s available",
				healthy: `{"SnapshotName":"$name","SnapshotStatus":"available","SnapshotSource":"manual","CacheNodeType":"cache.r7g.large",
"Engine":"redis","EngineVersion":"7.1","NumCacheNodes":1,"NodeSnapshots":[],"ARN":"arn:aws:elasticache:$region:$account:snapshot:$name"}`,
				missing: "404 SnapshotNotFoundFault Snapshot not found: {name}",
				exists:  "400 SnapshotAlreadyExistsFault Snapshot {name} already exists.",
			},
		},
		acts: map[string]act{
			"DescribeReplicationGroups": {does: reads, kind: "group", by: "ReplicationGroupId", at: "ReplicationGroups"},
			"DescribeCacheClusters": {
				does: reads, kind: "cluster", by: "CacheClusterId", at: "CacheClusters", takes: "ShowCacheNodeInfo " +
					"ShowCacheClustersNotInReplicationGroups", also: nodesAsked,
			},
			"CreateReplicationGroup": group(act{
				does: creates, creating: true, changing: true,
				takes: "ReplicationGroupDescription AutomaticFailoverEnabled MultiAZEnabled Engine EngineVersion NumCacheClusters " +
					"CacheSubnetGroupName " +
					"SecurityGroupIds SnapshotName NumNodeGroups ReplicasPerNodeGroup CacheParameterGroupName Port",
			}),
			"ModifyReplicationGroup": group(act{
				does: changes, changing: true, life: "modifying 15s available", cures: "no-failover:AutomaticFailoverEnabled",
				takes: "ApplyImmediately AutomaticFailoverEnabled MultiAZEnabled EngineVersion " +
					"CacheParameterGroupName ReplicationGroupDescription",
				also: func(v *view, r *request) error {
					if on, ok := r.input.Get("AutomaticFailoverEnabled"); ok {
						v.set("AutomaticFailover", map[bool]string{true: "enabled", false: "disabled"}[on == true])
					}
					return nil
				},
			}),
			"DeleteReplicationGroup": group(act{
				does: removes, life: "deleting 10s gone", takes: "RetainPrimaryCluster FinalSnapshotIdentifier",
			}),
			"TestFailover": group(act{does: changes, takes: "NodeGroupId", life: "modifying 5s available", also: cacheFailover}),
			"IncreaseReplicaCount": group(act{
				does: changes, takes: "NewReplicaCount ApplyImmediately", life: "modifying 15s available",
			}),
			"CreateCacheCluster": cluster(act{
				does: creates, creating: true, changing: true,
				takes: "AZMode Port SnapshotName SecurityGroupIds CacheParameterGroupName PreferredAvailabilityZones",
			}),
			"ModifyCacheCluster": cluster(act{does: changes, changing: true, life: "modifying 15s available", takes: "ApplyImmediately"}),
			"RebootCacheCluster": cluster(act{does: changes, takes: "CacheNodeIdsToReboot", life: "rebooting 8s available"}),
			"DeleteCacheCluster": cluster(act{does: removes, life: "deleting 10s gone", takes: "FinalSnapshotIdentifier"}),
			"DescribeSnapshots": {
				does: reads, kind: "snapshot", by: "SnapshotName", at: "Snapshots", takes: "ShowNodeGroupConfig",
				only: map[string]string{
					"ReplicationGroupId": "ReplicationGroupId", "CacheClusterId": "CacheClusterId", "SnapshotSource": "SnapshotSource",
				},
			},
			"CreateSnapshot": {does: creates, creating: true, changing: true, kind: "snapshot", by: "SnapshotName", at: "Snapshot"},
			"DeleteSnapshot": {does: removes, kind: "snapshot", by: "SnapshotName", at: "Snapshot"},
			"DescribeEvents": {
				does: rdsEvents, takes: "SourceIdentifier SourceType StartTime EndTime Duration MaxRecords Marker",
			},
			"ListTagsForResource": {does: noTags, takes: "ResourceName"},
		},
		faults: []Fault{
			{
				Name: "cache-failed", Title: "A cache cluster could not be created", of: "cluster",
				breaks: patch(`{"CacheClusterStatus":"create-failed"}`),
				Sees:   "elasticache describe-cache-clusters --cache-cluster-id sessions",
			},
			{
				Name: "no-failover", Title: "A replication group does not fail over by itself", of: "group",
				breaks: patch(`{"AutomaticFailover":"disabled"}`),
				Sees:   "elasticache describe-replication-groups --replication-group-id sessions",
			},
		},
	}
}

// roles are those of the nodes of a group: they change places with each failover.
func roles(v *view) {
	for _, g := range objects(v.doc, "NodeGroups") {
		g.Set("Status", v.state)
		for i, m := range objects(g, "NodeGroupMembers") {
			primary := (i == 0) == (integer(v.doc, "_failovers", 0)%2 == 0)
			m.Set("CurrentRole", map[bool]string{true: "primary", false: "replica"}[primary])
		}
	}
}

// cacheFailover makes the replica of a group its primary.
func cacheFailover(v *view, _ *request) error {
	if v.text("AutomaticFailover") != "enabled" {
		return refuse(400, "InvalidReplicationGroupState", "Automatic failover is not enabled for replication group %s.", v.name)
	}
	v.set("_failovers", integer(v.doc, "_failovers", 0)+1)
	return nil
}

// clusterOf says which group a cluster is of.
func clusterOf(v *view) {
	if v.owner != "" {
		v.doc.Set("ReplicationGroupId", v.owner)
	}
}

// nodesAsked leaves nodes out unless the call asks for them.
func nodesAsked(v *view, r *request) error {
	if on, _ := r.input.Get("ShowCacheNodeInfo"); on != true {
		v.doc.Delete("CacheNodes")
	}
	return nil
}

const (
	cacheGroup = `{"ReplicationGroupId":"$name","Description":"$name","GlobalReplicationGroupInfo":{},"Status":"available",
"PendingModifiedValues":{},"MemberClusters":["$name-001","$name-002"],"NodeGroups":[{"NodeGroupId":"0001","Status":"available",
"PrimaryEndpoint":{"Address":"$name.$hex6.a.cache.example.org","Port":6379},"ReaderEndpoint":{"Address":
"$name-ro.$hex6.a.cache.example.org","Port":6379},"NodeGroupMembers":[
{"CacheClusterId":"$name-001","CacheNodeId":"0001","PreferredAvailabilityZone":"${region}a","CurrentRole":"primary"},
{"CacheClusterId":"$name-002","CacheNodeId":"0001","PreferredAvailabilityZone":"${region}b","CurrentRole":"replica"}]}],
"SnapshottingClusterId":"$name-002","AutomaticFailover":"enabled","MultiAZ":"enabled","SnapshotRetentionLimit":7,"SnapshotWindow":
"03:00-04:00","ClusterEnabled":false,"CacheNodeType":"cache.r7g.large","AuthTokenEnabled":false,"TransitEncryptionEnabled":true,
"AtRestEncryptionEnabled":true,"ARN":"arn:aws:elasticache:$region:$account:replicationgroup:$name","LogDeliveryConfigurations":[]}`
	cacheCluster = `{"CacheClusterId":"$name","ClientDownloadLandingPage":"","CacheNodeType":"cache.r7g.large","Engine":"redis",
"EngineVersion":"7.1.0","CacheClusterStatus":"available","NumCacheNodes":1,"PreferredAvailabilityZone":"${region}a",
"CacheClusterCreateTime":"$born","PreferredMaintenanceWindow":"sun:04:00-sun:05:00","PendingModifiedValues":{},"CacheSecurityGroups":[],
"CacheParameterGroup":{"CacheParameterGroupName":"default.redis7","ParameterApplyStatus":"in-sync","CacheNodeIdsToReboot":[]},
"CacheSubnetGroupName":"private","CacheNodes":[{"CacheNodeId":"0001","CacheNodeStatus":"available","CacheNodeCreateTime":"$born",
"Endpoint":{"Address":"$name.$hex6.n.cache.example.org","Port":6379},"ParameterGroupStatus":"in-sync","CustomerAvailabilityZone":
"${region}a"}],"AutoMinorVersionUpgrade":true,"SecurityGroups":[{"SecurityGroupId":"sg-$hex17.group","Status":"active"}],
"SnapshotRetentionLimit":7,"SnapshotWindow":"03:00-04:00","AuthTokenEnabled":false,"TransitEncryptionEnabled":true,
"AtRestEncryptionEnabled":true,"ARN":"arn:aws:elasticache:$region:$account:cluster:$name","LogDeliveryConfigurations":[]}`
)
