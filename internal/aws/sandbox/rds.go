package sandbox

import (
	"strings"
	"time"
)

// rdsLiving is Amazon RDS: databases, clusters of them, and their snapshots.
// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/Welcome.html
func rdsLiving() *living {
	return &living{
		service: "rds", token: "400 InvalidParameterValue Invalid marker.",
		estate: []string{"instance/" + estate + "-db"},
		kinds: map[string]*kind{
			"instance": {
				shape: "DescribeDBInstances DBInstances", id: "DBInstanceIdentifier", arn: "DBInstanceArn", state: "DBInstanceStatus",
				born: "creating 30s available", healthy: rdsInstance,
				missing: "404 DBInstanceNotFound DBInstance {name} not found.",
				exists:  "400 DBInstanceAlreadyExists DB instance already exists",
				brings: func(_ *Sandbox, name string, now time.Time) []string {
					return []string{"rds snapshot/rds:" + name + newest(now, "02:10").Format(rdsDaily)}
				},
			},
			"cluster": {
				shape: "DescribeDBClusters DBClusters", id: "DBClusterIdentifier", arn: "DBClusterArn", state: "Status",
				born: "creating 30s available", healthy: rdsCluster,
				missing: "404 DBClusterNotFoundFault DBCluster {name} not found.",
				exists:  "400 DBClusterAlreadyExistsFault DB Cluster already exists",
				brings: func(_ *Sandbox, name string, now time.Time) []string {
					return []string{
						"rds instance/" + name + "-1", "rds instance/" + name + "-2",
						"rds cluster-snapshot/rds:" + name + newest(now, "02:10").Format(rdsDaily),
					}
				},
			},
			"snapshot": {
				shape: "DescribeDBSnapshots DBSnapshots", id: "DBSnapshotIdentifier", arn: "DBSnapshotArn", state: "Status",
				born: "creating 10s available", healthy: rdsSnapshot, plain: snapshotName, now: snapshotOf,
				missing: "404 DBSnapshotNotFound DBSnapshot {name} not found.",
				exists: "400 DBSnapshotAlreadyExists Cannot create the snapshot because a snapshot with the identifier {name} " +
					"already exists.",
			},
			"cluster-snapshot": {
				shape: "DescribeDBClusterSnapshots DBClusterSnapshots", id: "DBClusterSnapshotIdentifier", arn: "DBClusterSnapshotArn",
				state: "Status", born: "creating 10s available", healthy: rdsClusterSnapshot, plain: snapshotName, now: snapshotOf,
				missing: "404 DBClusterSnapshotNotFoundFault DBClusterSnapshot {name} not found.",
				exists: "400 DBClusterSnapshotAlreadyExistsFault Cannot create the cluster snapshot because one with the identifier " +
					"{name} already exists.",
			},
		},
		acts: rdsActs(),
		faults: []Fault{
			{
				Name: "rds-full", Title: "The storage of a database is full", of: "instance",
				breaks: patch(`{"DBInstanceStatus":"storage-full"}`), Sees: "rds describe-db-instances",
			},
			{
				Name: "rds-old-snapshot", Title: "The newest snapshot of a database is three days old", of: "snapshot",
				breaks: patch(`{"SnapshotCreateTime":"$ago.74h"}`), Sees: "rds describe-db-snapshots",
			},
			{
				Name: "rds-cluster-failed", Title: "A database cluster cannot be reached: its key is gone", of: "cluster",
				breaks: patch(`{"Status":"inaccessible-encryption-credentials"}`),
				Sees:   "rds describe-db-clusters --db-cluster-identifier orders",
			},
			{
				Name: "rds-cluster-old-snapshot", Title: "The newest snapshot of a cluster is three days old", of: "cluster-snapshot",
				breaks: patch(`{"SnapshotCreateTime":"$ago.74h"}`),
				Sees:   "rds describe-db-cluster-snapshots --db-cluster-identifier orders",
			},
		},
	}
}

// snapshotName is the name in a snapshot's ARN; one that RDS made itself begins with rds: there too.
func snapshotName(named string) string {
	if _, name, ok := strings.Cut(named, "snapshot:"); ok && strings.HasPrefix(named, "arn:") {
		return name
	}
	return named
}

// snapshotOf names the database of a snapshot where no call did: RDS's own have it in their names.
func snapshotOf(v *view) {
	of := "DBInstanceIdentifier"
	if strings.HasSuffix(v.kind, "cluster-snapshot") {
		of = "DBClusterIdentifier"
	}
	if own, ok := strings.CutPrefix(v.name, "rds:"); ok && len(own) > len("-2006-01-02-02-10") {
		v.doc.Set(of, own[:len(own)-len("-2006-01-02-02-10")])
		v.doc.Set("SnapshotType", "automated")
	}
}

// rdsDaily is the end of the name of a snapshot that RDS makes every day.
const rdsDaily = "-2006-01-02-15-04"

const (
	rdsInstance = `{"DBInstanceIdentifier":"$name","DBInstanceClass":"db.r6g.large","Engine":"postgres","DBInstanceStatus":"available",
"MasterUsername":"admin","Endpoint":{"Address":"$name.$hex12.x.rds.example.org","Port":5432,"HostedZoneId":"Z2R2ITUGPM61AM"},
"AllocatedStorage":100,"InstanceCreateTime":"$born","PreferredBackupWindow":"02:00-02:30","BackupRetentionPeriod":7,
"VpcSecurityGroups":[{"VpcSecurityGroupId":"sg-$hex17.group","Status":"active"}],
"DBParameterGroups":[{"DBParameterGroupName":"default.postgres16","ParameterApplyStatus":"in-sync"}],
"AvailabilityZone":"${region}a","PreferredMaintenanceWindow":"sun:04:00-sun:04:30","PendingModifiedValues":{},
"LatestRestorableTime":"$ago.4m","MultiAZ":true,"EngineVersion":"16.4","AutoMinorVersionUpgrade":true,
"ReadReplicaDBInstanceIdentifiers":[],"LicenseModel":"postgresql-license","PubliclyAccessible":false,"StorageType":"gp3",
"StorageEncrypted":true,"KmsKeyId":"arn:aws:kms:$region:$account:key/$uuid.key","DbiResourceId":"db-$hex20.id",
"CACertificateIdentifier":"rds-ca-rsa2048-g1","CopyTagsToSnapshot":true,"MonitoringInterval":0,
"DBInstanceArn":"arn:aws:rds:$region:$account:db:$name","IAMDatabaseAuthenticationEnabled":false,
"PerformanceInsightsEnabled":true,"DeletionProtection":false,"TagList":[]}`
	rdsCluster = `{"AllocatedStorage":1,"AvailabilityZones":["${region}a","${region}b"],"BackupRetentionPeriod":7,
"DBClusterIdentifier":"$name","DBClusterParameterGroup":"default.aurora-postgresql16","Status":"available",
"EarliestRestorableTime":"$ago.168h","Endpoint":"$name.cluster-$hex12.x.rds.example.org",
"ReaderEndpoint":"$name.cluster-ro-$hex12.x.rds.example.org","MultiAZ":true,"Engine":"aurora-postgresql","EngineVersion":"16.4",
"LatestRestorableTime":"$ago.4m","Port":5432,"MasterUsername":"admin","PreferredBackupWindow":"02:00-02:30",
"PreferredMaintenanceWindow":"sun:04:00-sun:04:30","DBClusterMembers":[
{"DBInstanceIdentifier":"$name-1","IsClusterWriter":true,"DBClusterParameterGroupStatus":"in-sync","PromotionTier":1},
{"DBInstanceIdentifier":"$name-2","IsClusterWriter":false,"DBClusterParameterGroupStatus":"in-sync","PromotionTier":1}],
"VpcSecurityGroups":[{"VpcSecurityGroupId":"sg-$hex17.group","Status":"active"}],"StorageEncrypted":true,
"DbClusterResourceId":"cluster-$hex20.id","DBClusterArn":"arn:aws:rds:$region:$account:cluster:$name",
"ClusterCreateTime":"$born","DeletionProtection":false,"TagList":[]}`
	rdsSnapshot = `{"DBSnapshotIdentifier":"$name","DBInstanceIdentifier":"$name","SnapshotCreateTime":"$day.02:10","Engine":"postgres",
"AllocatedStorage":100,"Status":"available","Port":5432,"AvailabilityZone":"${region}a","InstanceCreateTime":"$ago.9000h",
"MasterUsername":"admin","EngineVersion":"16.4","LicenseModel":"postgresql-license","SnapshotType":"manual","PercentProgress":100,
"StorageType":"gp3","Encrypted":true,"DBSnapshotArn":"arn:aws:rds:$region:$account:snapshot:$name","TagList":[]}`
	rdsClusterSnapshot = `{"DBClusterSnapshotIdentifier":"$name","DBClusterIdentifier":"$name","SnapshotCreateTime":"$day.02:10",
"Engine":"aurora-postgresql","AllocatedStorage":1,"Status":"available","Port":5432,"EngineVersion":"16.4","SnapshotType":"manual",
"PercentProgress":100,"StorageEncrypted":true,"DBClusterSnapshotArn":"arn:aws:rds:$region:$account:cluster-snapshot:$name","TagList":[]}`
)
