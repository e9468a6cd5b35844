package knowledge

// What several rows say.
const (
	atOnce = "it is done when AWS answers"
	notRun = "what was run cannot be taken back: stop it, or see what it did"
	gone   = "AWS cannot bring it back: what was deleted is gone"
	sent   = "what was sent has arrived: it cannot be called back"
)

// changes is the table, by service and operation. Its sentences are AWS's documentation of the operation, its names those of
// the API models; a test walks it against them.
var changes = join(changesOfFunctions, changesOfTables, changesOfMachines, changesOfDatabases, changesOfContainers, changesOfAlarms, changesOfBuckets, changesOfKeeping, changesOfIdentities, changesOfStacks)

func join(parts ...map[string]Change) map[string]Change {
	out := map[string]Change{}
	for _, part := range parts {
		for key, c := range part {
			out[key] = c
		}
	}
	return out
}

const function = "{FunctionName: FunctionName}"

var changesOfFunctions = map[string]Change{
	"lambda UpdateFunctionConfiguration": {Kind: "function", ReadOperation: "GetFunctionConfiguration", ReadWith: function, Whole: []string{"Environment", "Layers", "VpcConfig"}, Sets: map[string]string{"FunctionName": "-"}, Waiter: "FunctionUpdatedV2", WaitWith: function, Restores: true},
	"lambda UpdateFunctionCode": {
		Kind: "function", ReadOperation: "GetFunctionConfiguration", ReadWith: function, Sets: map[string]string{"FunctionName": "-"}, Waiter: "FunctionUpdatedV2", WaitWith: function,
		NoRollback: "AWS does not keep the code that was replaced, unless a version of it was published: put that one in again",
	},
	"lambda PublishVersion": {Kind: "function", ReadOperation: "GetFunctionConfiguration", ReadWith: function, Sets: map[string]string{"FunctionName": "-", "Description": "-", "CodeSha256": "-"}, NoWait: atOnce, NoRollback: "a version is never changed again; one that nothing uses does no harm"},
	"lambda UpdateAlias":    {Kind: "alias", ReadOperation: "GetAlias", NoWait: atOnce, Whole: []string{"RoutingConfig"}, Sets: map[string]string{"FunctionName": "-", "Name": "-"}, Restores: true},
	"lambda CreateAlias":    {Kind: "alias", ReadOperation: "GetAlias", NoWait: atOnce, Sets: map[string]string{"FunctionName": "-"}, Rollback: "DeleteAlias", RollbackWith: "{FunctionName: input.FunctionName, Name: input.Name}"},
	"lambda PutFunctionConcurrency": {
		Kind: "function", ReadOperation: "GetFunctionConcurrency", ReadWith: function, NoWait: atOnce, Sets: map[string]string{"FunctionName": "-"}, rollback: concurrencyBack,
		NoRollback: "it had no reserved concurrency before; aws lambda delete-function-concurrency takes it away again",
	},
	"lambda DeleteFunctionConcurrency": {
		Kind: "function", ReadOperation: "GetFunctionConcurrency", ReadWith: function, NoWait: atOnce, Deletes: true, Rollback: "PutFunctionConcurrency",
		RollbackWith: "{FunctionName: input.FunctionName, ReservedConcurrentExecutions: before.ReservedConcurrentExecutions}",
	},
	"lambda Invoke":                   {Kind: "function", ReadOperation: "GetFunctionConfiguration", ReadWith: function, Sets: map[string]string{"FunctionName": "-", "Payload": "-"}, NoWait: "it answers when the function has ended", NoRollback: notRun},
	"lambda UpdateEventSourceMapping": {Kind: "event source mapping", ReadOperation: "GetEventSourceMapping", Until: "!contains(['Creating', 'Updating', 'Enabling', 'Disabling'], State)", Sets: map[string]string{"FunctionName": "-", "Enabled": "-"}, NoRollback: "the same call with --enabled or --no-enabled, as it was"},
	"lambda DeleteFunction":           {Kind: "function", ReadOperation: "GetFunctionConfiguration", ReadWith: function, Deletes: true, NoWait: atOnce, NoRollback: gone},
	"apigateway UpdateStage":          {Kind: "stage", ReadOperation: "GetStage", NoWait: "it is done within seconds, and AWS does not say when", predict: stageForetold, rollback: stageBack},
	"apigateway CreateDeployment": {
		Kind: "REST API", ReadOperation: "GetStage", ReadWith: "{restApiId: restApiId, stageName: stageName}", Sets: map[string]string{"restApiId": "-", "description": "-", "stageName": "-"}, NoWait: "it is done within seconds, and AWS does not say when",
		Compared: []string{"deploymentId"}, Rollback: "UpdateStage", RollbackWith: "{restApiId: input.restApiId, stageName: input.stageName, patchOperations: [{op: 'replace', path: '/deploymentId', value: before.deploymentId}]}",
	},
	"events DisableRule": {Kind: "rule", ReadOperation: "DescribeRule", NoWait: atOnce, Compared: []string{"State"}, predict: becomes("State", "DISABLED"), Rollback: "EnableRule", RollbackWith: "{Name: input.Name, EventBusName: input.EventBusName}"},
	"events EnableRule":  {Kind: "rule", ReadOperation: "DescribeRule", NoWait: atOnce, Compared: []string{"State"}, predict: becomes("State", "ENABLED"), Rollback: "DisableRule", RollbackWith: "{Name: input.Name, EventBusName: input.EventBusName}"},
	"events PutRule":     {Kind: "rule", ReadOperation: "DescribeRule", ReadWith: "{Name: Name, EventBusName: EventBusName}", NoWait: atOnce, Compared: []string{"State"}, Restores: true, Replaces: true, Defaults: map[string]string{"State": "ENABLED", "EventBusName": "default"}, Rollback: "DeleteRule", RollbackWith: "{Name: input.Name, EventBusName: input.EventBusName}"},
	"sns Publish":        {Kind: "topic", NotRead: "a message is not kept by its topic", NoWait: atOnce, NoRollback: sent},
	"sqs SendMessage":    {Kind: "queue", NotRead: "a message changes nothing of its queue", NoWait: atOnce, NoRollback: sent},
	"sqs PurgeQueue":     {Kind: "queue", ReadOperation: "GetQueueAttributes", ReadWith: "{QueueUrl: QueueUrl, AttributeNames: ['ApproximateNumberOfMessages']}", ReadAt: "Attributes", NoWait: "AWS takes up to a minute to delete them all", NoRollback: "AWS cannot take back a purge: the messages are gone"},
	"sqs SetQueueAttributes": {
		Kind: "queue", ReadOperation: "GetQueueAttributes", ReadWith: "{QueueUrl: QueueUrl, AttributeNames: ['All']}", Sets: map[string]string{"Attributes": "Attributes", "QueueUrl": "-"}, NoWait: "it is done within a minute, and AWS does not say when", Restores: true,
		Volatile: []string{"Attributes.LastModifiedTimestamp", "Attributes.ApproximateNumberOfMessages", "Attributes.ApproximateNumberOfMessagesDelayed", "Attributes.ApproximateNumberOfMessagesNotVisible"},
	},
	"cloudfront CreateInvalidation": {Kind: "distribution", NotRead: "what is in the caches cannot be read", NoWait: "AWS takes some minutes: aws cloudfront wait invalidation-completed waits for it", NoRollback: "nothing is lost: what was taken out of the caches is fetched again"},
	"cloudfront UpdateDistribution": {
		Kind: "distribution", ReadOperation: "GetDistributionConfig", ReadWith: "{Id: Id}", ReadAt: "DistributionConfig", Sets: map[string]string{"Id": "-", "IfMatch": "-", "DistributionConfig": "-"}, Waiter: "DistributionDeployed", WaitWith: "{Id: Id}",
		NoRollback: "the same call with the configuration from before, and with the ETag that this one returns",
	},
}

const table = "{TableName: TableName}"

// provisioned is what a table is that never was on-demand:
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BillingModeSummary.html
var provisioned = map[string]string{"BillingModeSummary.BillingMode": "PROVISIONED"}

var changesOfTables = map[string]Change{
	"dynamodb UpdateTable": {
		Kind: "table", ReadOperation: "DescribeTable", ReadWith: table, ReadAt: "Table", Defaults: provisioned, Sets: map[string]string{"TableName": "-", "BillingMode": "BillingModeSummary.BillingMode", "TableClass": "TableClassSummary.TableClass"}, Until: "TableStatus == 'ACTIVE'",
		Volatile: []string{"ProvisionedThroughput.NumberOfDecreasesToday"}, predict: tableForetold, rollback: tableBack,
	},
	"dynamodb CreateBackup": {
		Kind: "backup", ReadOperation: "ListBackups", ReadWith: table, ReadAt: "BackupSummaries[?BackupName=={BackupName}] | [0]", Until: "BackupStatus == 'AVAILABLE'", Volatile: []string{"BackupStatus"}, Sets: map[string]string{"BackupName": "BackupName", "TableName": "TableName"},
		Rollback: "DeleteBackup", RollbackWith: "{BackupArn: after.BackupArn}",
	},
	"dynamodb DeleteBackup": {Kind: "backup", ReadOperation: "DescribeBackup", ReadWith: "{BackupArn: BackupArn}", ReadAt: "BackupDescription.BackupDetails", Deletes: true, NoWait: "it is done within seconds, and AWS does not say when", NoRollback: gone},
	"dynamodb RestoreTableFromBackup": {
		Kind: "table", ReadOperation: "DescribeTable", ReadWith: "{TableName: TargetTableName}", ReadAt: "Table", Sets: map[string]string{"TargetTableName": "TableName", "BackupArn": "-"}, Waiter: "TableExists", WaitWith: "{TableName: TargetTableName}",
		Rollback: "DeleteTable", RollbackWith: "{TableName: input.TargetTableName}",
	},
	"dynamodb RestoreTableToPointInTime": {
		Kind: "table", ReadOperation: "DescribeTable", ReadWith: "{TableName: TargetTableName}", ReadAt: "Table", Sets: map[string]string{"TargetTableName": "TableName", "SourceTableName": "-", "SourceTableArn": "-", "UseLatestRestorableTime": "-", "RestoreDateTime": "-"},
		Waiter: "TableExists", WaitWith: "{TableName: TargetTableName}", Rollback: "DeleteTable", RollbackWith: "{TableName: input.TargetTableName}",
	},
	"dynamodb DeleteTable": {
		Kind: "table", ReadOperation: "DescribeTable", ReadWith: table, ReadAt: "Table", Deletes: true, Waiter: "TableNotExists", WaitWith: table,
		NoRollback: "AWS cannot bring a deleted table back: only a backup of it, or its point-in-time recovery, can be restored into a new one",
	},
	"dynamodb UpdateContinuousBackups": {
		Kind: "table", ReadOperation: "DescribeContinuousBackups", ReadWith: table, ReadAt: "ContinuousBackupsDescription", Sets: map[string]string{"TableName": "-", "PointInTimeRecoverySpecification": "-"}, NoWait: atOnce,
		NoRollback: "switching it off loses the time that could be restored; switching it on is undone by the same call with PointInTimeRecoveryEnabled=false",
	},
	"dynamodb PutItem": {
		Kind: "table", NotRead: "which attributes are the item's key is not told by the call", NoWait: atOnce, NoRollback: "the item that was replaced is not kept: read it before, with aws dynamodb get-item",
	},
	"dynamodb UpdateItem": {Kind: "item", ReadOperation: "GetItem", ReadWith: "{TableName: TableName, Key: Key}", ReadAt: "Item", Sets: map[string]string{"TableName": "-", "Key": "-"}, NoWait: atOnce, Rollback: "PutItem", RollbackWith: "{TableName: input.TableName, Item: before}"},
	"dynamodb DeleteItem": {Kind: "item", ReadOperation: "GetItem", ReadWith: "{TableName: TableName, Key: Key}", ReadAt: "Item", Deletes: true, NoWait: atOnce, Rollback: "PutItem", RollbackWith: "{TableName: input.TableName, Item: before}"},
}

const (
	instances = "{InstanceIds: InstanceIds}"
	instance  = "Reservations[].Instances[] | {Instances: @}"
)

var changesOfMachines = map[string]Change{
	"ec2 StartInstances":     {Kind: "instance", ReadOperation: "DescribeInstances", ReadWith: instances, ReadAt: "{State: join(', ', Reservations[].Instances[].State.Name)}", Compared: []string{"State"}, predict: becomes("State", "running"), Waiter: "InstanceRunning", Rollback: "StopInstances", RollbackWith: "{InstanceIds: input.InstanceIds}"},
	"ec2 StopInstances":      {Kind: "instance", ReadOperation: "DescribeInstances", ReadWith: instances, ReadAt: "{State: join(', ', Reservations[].Instances[].State.Name)}", Compared: []string{"State"}, predict: becomes("State", "stopped"), Waiter: "InstanceStopped", Rollback: "StartInstances", RollbackWith: "{InstanceIds: input.InstanceIds}"},
	"ec2 RebootInstances":    {Kind: "instance", ReadOperation: "DescribeInstances", ReadWith: instances, ReadAt: instance, Waiter: "InstanceStatusOk", WaitWith: instances, Sets: map[string]string{"InstanceIds": "-"}, NoRollback: "a reboot changes nothing that could be put back"},
	"ec2 TerminateInstances": {Kind: "instance", ReadOperation: "DescribeInstances", ReadWith: instances, ReadAt: "{State: join(', ', Reservations[].Instances[].State.Name)}", Compared: []string{"State"}, predict: becomes("State", "terminated"), Waiter: "InstanceTerminated", NoRollback: "AWS cannot bring a terminated instance back: what was on its own disks is lost"},
	"ec2 RunInstances":       {Kind: "instance", NotRead: "the instances are not there yet", NoWait: "aws ec2 wait instance-running waits for the ids that it returns", NoRollback: "aws ec2 terminate-instances with the ids that it returns"},
	"ec2 ModifyInstanceAttribute": {
		Kind: "instance", ReadOperation: "DescribeInstances", ReadWith: "{InstanceIds: [InstanceId]}", ReadAt: "Reservations[0].Instances[0]", Sets: map[string]string{"InstanceId": "-", "InstanceType": "-", "Attribute": "-", "Value": "-", "Groups": "-"}, NoWait: atOnce,
		NoRollback: "the same call with the value from before, which the reading shows",
	},
	"ec2 CreateSnapshot": {Kind: "volume", ReadOperation: "DescribeVolumes", ReadWith: "{VolumeIds: [VolumeId]}", ReadAt: "Volumes[0]", Sets: map[string]string{"VolumeId": "-", "Description": "-"}, NoWait: "aws ec2 wait snapshot-completed waits for the id that it returns", NoRollback: "the snapshot changes nothing of the volume; aws ec2 delete-snapshot deletes it again"},
	"ec2 CreateTags":     {Kind: "resource", ReadOperation: "DescribeTags", ReadWith: "{Filters: [{Name: 'resource-id', Values: Resources}]}", Sets: map[string]string{"Resources": "-", "Tags": "-"}, NoWait: atOnce, Rollback: "DeleteTags", RollbackWith: "{Resources: input.Resources, Tags: input.Tags}", keeps: tagged},
	"ec2 AuthorizeSecurityGroupIngress": {
		Kind: "security group", ReadOperation: "DescribeSecurityGroups", ReadWith: "{GroupIds: [GroupId]}", ReadAt: "SecurityGroups[0]", Sets: map[string]string{"GroupId": "-", "IpPermissions": "-"}, NoWait: atOnce, Rollback: "RevokeSecurityGroupIngress",
		RollbackWith: "{GroupId: input.GroupId, IpPermissions: input.IpPermissions, IpProtocol: input.IpProtocol, FromPort: input.FromPort, ToPort: input.ToPort, CidrIp: input.CidrIp}",
	},
	"ec2 RevokeSecurityGroupIngress": {
		Kind: "security group", ReadOperation: "DescribeSecurityGroups", ReadWith: "{GroupIds: [GroupId]}", ReadAt: "SecurityGroups[0]", Sets: map[string]string{"GroupId": "-", "IpPermissions": "-"}, NoWait: atOnce, Rollback: "AuthorizeSecurityGroupIngress",
		RollbackWith: "{GroupId: input.GroupId, IpPermissions: input.IpPermissions, IpProtocol: input.IpProtocol, FromPort: input.FromPort, ToPort: input.ToPort, CidrIp: input.CidrIp}",
	},
	"autoscaling SetDesiredCapacity": {
		Kind: "Auto Scaling group", ReadOperation: "DescribeAutoScalingGroups", ReadWith: "{AutoScalingGroupNames: [AutoScalingGroupName]}", ReadAt: "AutoScalingGroups[0]", Volatile: []string{"Instances"}, Sets: map[string]string{"AutoScalingGroupName": "-", "HonorCooldown": "-"},
		Until: "length(Instances[?LifecycleState=='InService']) >= DesiredCapacity", Restores: true,
	},
	"autoscaling UpdateAutoScalingGroup": {
		Kind: "Auto Scaling group", ReadOperation: "DescribeAutoScalingGroups", ReadWith: "{AutoScalingGroupNames: [AutoScalingGroupName]}", ReadAt: "AutoScalingGroups[0]", Volatile: []string{"Instances"}, Sets: map[string]string{"AutoScalingGroupName": "-", "VPCZoneIdentifier": "VPCZoneIdentifier"},
		Until: "length(Instances[?LifecycleState=='InService']) >= MinSize", Restores: true,
	},
	"elbv2 ModifyListener":             {Kind: "listener", ReadOperation: "DescribeListeners", ReadWith: "{ListenerArns: [ListenerArn]}", ReadAt: "Listeners[0]", Whole: []string{"DefaultActions", "Certificates"}, Sets: map[string]string{"ListenerArn": "-"}, NoWait: "it is done within seconds, and AWS does not say when", Restores: true},
	"elbv2 ModifyRule":                 {Kind: "rule", ReadOperation: "DescribeRules", ReadWith: "{RuleArns: [RuleArn]}", ReadAt: "Rules[0]", Whole: []string{"Actions", "Conditions"}, Sets: map[string]string{"RuleArn": "-"}, NoWait: "it is done within seconds, and AWS does not say when", Restores: true},
	"elbv2 ModifyTargetGroup":          {Kind: "target group", ReadOperation: "DescribeTargetGroups", ReadWith: "{TargetGroupArns: [TargetGroupArn]}", ReadAt: "TargetGroups[0]", Sets: map[string]string{"TargetGroupArn": "-"}, NoWait: atOnce, Restores: true},
	"elbv2 RegisterTargets":            {Kind: "target group", ReadOperation: "DescribeTargetHealth", ReadWith: "{TargetGroupArn: TargetGroupArn}", Waiter: "TargetInService", Rollback: "DeregisterTargets", Sets: map[string]string{"Targets": "-"}, RollbackWith: "{TargetGroupArn: input.TargetGroupArn, Targets: input.Targets}"},
	"elbv2 DeregisterTargets":          {Kind: "target group", ReadOperation: "DescribeTargetHealth", ReadWith: "{TargetGroupArn: TargetGroupArn}", Waiter: "TargetDeregistered", Rollback: "RegisterTargets", Sets: map[string]string{"Targets": "-"}, RollbackWith: "{TargetGroupArn: input.TargetGroupArn, Targets: input.Targets}"},
	"route53 ChangeResourceRecordSets": {Kind: "hosted zone", ReadOperation: "ListResourceRecordSets", ReadWith: "{HostedZoneId: HostedZoneId}", ReadAt: "{Records: ResourceRecordSets}", Sets: map[string]string{"HostedZoneId": "-", "ChangeBatch": "-"}, NoWait: "AWS takes up to a minute: aws route53 wait resource-record-sets-changed waits for the id that it returns", NoRollback: "a change batch of the opposite: the records from before, which the reading shows"},
}

const database = "{DBInstanceIdentifier: DBInstanceIdentifier}"

// databaseForward are what a database only takes in one direction:
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.StorageTypes.html and USER_UpgradeDBInstance.Upgrading.html
var databaseForward = map[string]string{
	"AllocatedStorage":   "AWS does not make the storage of a database smaller",
	"EngineVersion":      "AWS does not put a database back to an older version: a snapshot from before can be restored into a new one",
	"MasterUserPassword": "AWS does not tell a password: set the one from before again",
}

var changesOfDatabases = map[string]Change{
	"rds ModifyDBInstance": {
		Kind: "database", ReadOperation: "DescribeDBInstances", ReadWith: database, ReadAt: "DBInstances[0]", Waiter: "DBInstanceAvailable", WaitWith: database, Restores: true,
		Sets:         map[string]string{"DBInstanceIdentifier": "-", "ApplyImmediately": "-", "AllowMajorVersionUpgrade": "-"},
		NoRollbackOf: databaseForward,
	},
	"rds RebootDBInstance":  {Kind: "database", ReadOperation: "DescribeDBInstances", ReadWith: database, ReadAt: "DBInstances[0]", Waiter: "DBInstanceAvailable", WaitWith: database, Sets: map[string]string{"DBInstanceIdentifier": "-", "ForceFailover": "-"}, NoRollback: "a reboot changes nothing that could be put back"},
	"rds StopDBInstance":    {Kind: "database", ReadOperation: "DescribeDBInstances", ReadWith: database, ReadAt: "DBInstances[0]", Compared: []string{"DBInstanceStatus"}, predict: becomes("DBInstanceStatus", "stopped"), Until: "DBInstanceStatus == 'stopped'", Rollback: "StartDBInstance", RollbackWith: "{DBInstanceIdentifier: input.DBInstanceIdentifier}"},
	"rds StartDBInstance":   {Kind: "database", ReadOperation: "DescribeDBInstances", ReadWith: database, ReadAt: "DBInstances[0]", Compared: []string{"DBInstanceStatus"}, predict: becomes("DBInstanceStatus", "available"), Waiter: "DBInstanceAvailable", WaitWith: database, Rollback: "StopDBInstance", RollbackWith: "{DBInstanceIdentifier: input.DBInstanceIdentifier}"},
	"rds FailoverDBCluster": {Kind: "database cluster", ReadOperation: "DescribeDBClusters", ReadWith: "{DBClusterIdentifier: DBClusterIdentifier}", ReadAt: "DBClusters[0]", Waiter: "DBClusterAvailable", WaitWith: "{DBClusterIdentifier: DBClusterIdentifier}", Sets: map[string]string{"TargetDBInstanceIdentifier": "-"}, Rollback: "FailoverDBCluster", RollbackWith: "{DBClusterIdentifier: input.DBClusterIdentifier, TargetDBInstanceIdentifier: before.DBClusterMembers[?IsClusterWriter].DBInstanceIdentifier | [0]}"},
	"rds ModifyDBCluster":   {Kind: "database cluster", ReadOperation: "DescribeDBClusters", ReadWith: "{DBClusterIdentifier: DBClusterIdentifier}", ReadAt: "DBClusters[0]", Waiter: "DBClusterAvailable", WaitWith: "{DBClusterIdentifier: DBClusterIdentifier}", Sets: map[string]string{"DBClusterIdentifier": "-", "ApplyImmediately": "-", "AllowMajorVersionUpgrade": "-"}, Restores: true, NoRollbackOf: databaseForward},
	"rds CreateDBSnapshot":  {Kind: "snapshot", ReadOperation: "DescribeDBSnapshots", ReadWith: "{DBSnapshotIdentifier: DBSnapshotIdentifier}", ReadAt: "DBSnapshots[0]", Waiter: "DBSnapshotAvailable", WaitWith: "{DBSnapshotIdentifier: DBSnapshotIdentifier}", Rollback: "DeleteDBSnapshot", RollbackWith: "{DBSnapshotIdentifier: input.DBSnapshotIdentifier}"},
	"rds DeleteDBSnapshot":  {Kind: "snapshot", ReadOperation: "DescribeDBSnapshots", ReadWith: "{DBSnapshotIdentifier: DBSnapshotIdentifier}", ReadAt: "DBSnapshots[0]", Deletes: true, Waiter: "DBSnapshotDeleted", WaitWith: "{DBSnapshotIdentifier: DBSnapshotIdentifier}", NoRollback: gone},
	"rds RestoreDBInstanceFromDBSnapshot": {
		Kind: "database", ReadOperation: "DescribeDBInstances", ReadWith: database, ReadAt: "DBInstances[0]", Waiter: "DBInstanceAvailable", WaitWith: database, Sets: map[string]string{"DBSnapshotIdentifier": "-"},
		Rollback: "DeleteDBInstance", RollbackWith: "{DBInstanceIdentifier: input.DBInstanceIdentifier, SkipFinalSnapshot: `true`}",
	},
	"rds RestoreDBInstanceToPointInTime": {
		Kind: "database", ReadOperation: "DescribeDBInstances", ReadWith: "{DBInstanceIdentifier: TargetDBInstanceIdentifier}", ReadAt: "DBInstances[0]", Waiter: "DBInstanceAvailable", WaitWith: "{DBInstanceIdentifier: TargetDBInstanceIdentifier}",
		Sets: map[string]string{"TargetDBInstanceIdentifier": "DBInstanceIdentifier", "UseLatestRestorableTime": "-"}, Rollback: "DeleteDBInstance", RollbackWith: "{DBInstanceIdentifier: input.TargetDBInstanceIdentifier, SkipFinalSnapshot: `true`}",
	},
	"rds DeleteDBInstance": {Kind: "database", ReadOperation: "DescribeDBInstances", ReadWith: database, ReadAt: "DBInstances[0]", Deletes: true, Waiter: "DBInstanceDeleted", WaitWith: database, NoRollback: "AWS cannot bring a deleted database back: only a snapshot of it can be restored into a new one"},
}

var changesOfContainers = map[string]Change{
	"ecs UpdateService": {
		Kind: "service", ReadOperation: "DescribeServices", ReadWith: "{cluster: cluster, services: [service]}", ReadAt: "services[0]", Waiter: "ServicesStable", WaitWith: "{cluster: cluster, services: [service]}", Restores: true,
		Sets: map[string]string{"cluster": "-", "service": "-", "forceNewDeployment": "-"}, Volatile: []string{"deployments", "events", "taskSets"},
	},
	"ecs RunTask":          {Kind: "cluster", NotRead: "the task is not there yet", NoWait: "aws ecs wait tasks-stopped waits for the task that it returns", NoRollback: notRun},
	"ecs StopTask":         {Kind: "task", ReadOperation: "DescribeTasks", ReadWith: "{cluster: cluster, tasks: [task]}", ReadAt: "tasks[0]", Waiter: "TasksStopped", WaitWith: "{cluster: cluster, tasks: [task]}", Sets: map[string]string{"cluster": "-", "task": "-", "reason": "stoppedReason"}, NoRollback: "a stopped task does not run again; its service starts another one"},
	"ecr PutImage":         {Kind: "image", ReadOperation: "DescribeImages", ReadWith: "{repositoryName: repositoryName, imageIds: [{imageTag: imageTag}]}", ReadAt: "imageDetails[0]", Sets: map[string]string{"imageManifest": "-", "imageTag": "-", "repositoryName": "-"}, NoWait: atOnce, NoRollback: "the tag moves: put it on the image that had it before, whose digest the reading shows"},
	"ecr BatchDeleteImage": {Kind: "image", ReadOperation: "DescribeImages", ReadWith: "{repositoryName: repositoryName, imageIds: imageIds}", ReadAt: "imageDetails[0]", Deletes: true, NoWait: atOnce, NoRollback: gone},
	"ecr PutLifecyclePolicy": {
		Kind: "repository", ReadOperation: "GetLifecyclePolicy", ReadWith: "{repositoryName: repositoryName}", Sets: map[string]string{"repositoryName": "-"}, NoWait: "AWS applies it within a day", Restores: true, Rollback: "DeleteLifecyclePolicy", RollbackWith: "{repositoryName: input.repositoryName}",
		Volatile: []string{"lastEvaluatedAt"},
	},
	"ecr SetRepositoryPolicy": {Kind: "repository", ReadOperation: "GetRepositoryPolicy", ReadWith: "{repositoryName: repositoryName}", Sets: map[string]string{"repositoryName": "-"}, NoWait: atOnce, Restores: true, Rollback: "DeleteRepositoryPolicy", RollbackWith: "{repositoryName: input.repositoryName}"},
	"eks UpdateNodegroupConfig": {
		Kind: "node group", ReadOperation: "DescribeNodegroup", ReadWith: "{clusterName: clusterName, nodegroupName: nodegroupName}", ReadAt: "nodegroup", Sets: map[string]string{"clusterName": "-", "nodegroupName": "-", "labels": "-", "taints": "-"}, Waiter: "NodegroupActive",
		WaitWith: "{clusterName: clusterName, nodegroupName: nodegroupName}", Restores: true,
	},
}

const alarm = "{AlarmNames: [AlarmName]}"

var changesOfAlarms = map[string]Change{
	"cloudwatch PutDashboard":        {Kind: "dashboard", ReadOperation: "GetDashboard", ReadWith: "{DashboardName: DashboardName}", Sets: map[string]string{"DashboardName": "-"}, Volatile: []string{"DashboardArn"}, NoWait: atOnce, Restores: true, Rollback: "DeleteDashboards", RollbackWith: "{DashboardNames: [input.DashboardName]}"},
	"cloudwatch DeleteDashboards":    {Kind: "dashboard", ReadOperation: "GetDashboard", ReadWith: "{DashboardName: DashboardNames[0]}", Deletes: true, NoWait: atOnce, Rollback: "PutDashboard", RollbackWith: "{DashboardName: before.DashboardName, DashboardBody: before.DashboardBody}"},
	"cloudwatch PutMetricAlarm":      {Kind: "alarm", ReadOperation: "DescribeAlarms", ReadWith: alarm, ReadAt: "MetricAlarms[0]", NoWait: atOnce, Sets: map[string]string{"AlarmName": "-", "Tags": "-"}, Volatile: []string{"StateValue"}, Restores: true, Replaces: true, Defaults: map[string]string{"ActionsEnabled": "true"}, Rollback: "DeleteAlarms", RollbackWith: "{AlarmNames: [input.AlarmName]}"},
	"cloudwatch DeleteAlarms":        {Kind: "alarm", ReadOperation: "DescribeAlarms", ReadWith: "{AlarmNames: AlarmNames}", ReadAt: "MetricAlarms[0]", Deletes: true, NoWait: atOnce, Rollback: "PutMetricAlarm", RollbackWith: alarmAgain},
	"cloudwatch DisableAlarmActions": {Kind: "alarm", ReadOperation: "DescribeAlarms", ReadWith: "{AlarmNames: AlarmNames}", ReadAt: "MetricAlarms[0]", NoWait: atOnce, Volatile: []string{"StateValue"}, predict: becomes("ActionsEnabled", "false"), Rollback: "EnableAlarmActions", RollbackWith: "{AlarmNames: input.AlarmNames}"},
	"cloudwatch EnableAlarmActions":  {Kind: "alarm", ReadOperation: "DescribeAlarms", ReadWith: "{AlarmNames: AlarmNames}", ReadAt: "MetricAlarms[0]", NoWait: atOnce, Volatile: []string{"StateValue"}, predict: becomes("ActionsEnabled", "true"), Rollback: "DisableAlarmActions", RollbackWith: "{AlarmNames: input.AlarmNames}"},
	"cloudwatch SetAlarmState":       {Kind: "alarm", ReadOperation: "DescribeAlarms", ReadWith: alarm, ReadAt: "MetricAlarms[0]", NoWait: atOnce, Sets: map[string]string{"AlarmName": "-", "StateReason": "-", "StateReasonData": "-"}, NoRollback: "the alarm takes its own state again with its next evaluation"},
	"cloudwatch PutMetricData":       {Kind: "namespace", NotRead: "a value changes nothing that is there", NoWait: "AWS shows it within two minutes", NoRollback: "CloudWatch deletes no values; they expire"},
	"logs PutRetentionPolicy":        {Kind: "log group", ReadOperation: "DescribeLogGroups", ReadWith: "{logGroupNamePrefix: logGroupName}", ReadAt: "logGroups[?logGroupName=={logGroupName}] | [0]", Volatile: []string{"storedBytes"}, Sets: map[string]string{"logGroupName": "-"}, NoWait: atOnce, rollback: retentionBack, NoRollback: "it kept everything before: aws logs delete-retention-policy does so again"},
	"logs DeleteLogGroup":            {Kind: "log group", ReadOperation: "DescribeLogGroups", ReadWith: "{logGroupNamePrefix: logGroupName}", ReadAt: "logGroups[?logGroupName=={logGroupName}] | [0]", Deletes: true, NoWait: atOnce, NoRollback: gone},
}

// alarmAgain makes of an alarm as it is read the input that puts it.
const alarmAgain = "before.{AlarmName: AlarmName, AlarmDescription: AlarmDescription, ActionsEnabled: ActionsEnabled, OKActions: OKActions, AlarmActions: AlarmActions, InsufficientDataActions: InsufficientDataActions, " +
	"MetricName: MetricName, Namespace: Namespace, Statistic: Statistic, ExtendedStatistic: ExtendedStatistic, Dimensions: Dimensions, Period: Period, Unit: Unit, EvaluationPeriods: EvaluationPeriods, " +
	"DatapointsToAlarm: DatapointsToAlarm, Threshold: Threshold, ComparisonOperator: ComparisonOperator, TreatMissingData: TreatMissingData, Metrics: Metrics}"

const bucket = "{Bucket: Bucket}"

var aside = map[string]string{"Bucket": "-", "ExpectedBucketOwner": "-", "ContentMD5": "-", "ChecksumAlgorithm": "-"}

var changesOfBuckets = map[string]Change{
	"s3 PutBucketPolicy":         {Kind: "bucket", ReadOperation: "GetBucketPolicy", ReadWith: bucket, Sets: aside, NoWait: atOnce, Restores: true, Rollback: "DeleteBucketPolicy", RollbackWith: "{Bucket: input.Bucket}"},
	"s3 DeleteBucketPolicy":      {Kind: "bucket", ReadOperation: "GetBucketPolicy", ReadWith: bucket, Deletes: true, NoWait: atOnce, Rollback: "PutBucketPolicy", RollbackWith: "{Bucket: input.Bucket, Policy: before.Policy}"},
	"s3 PutPublicAccessBlock":    {Kind: "bucket", ReadOperation: "GetPublicAccessBlock", ReadWith: bucket, Sets: aside, NoWait: atOnce, Restores: true, Rollback: "DeletePublicAccessBlock", RollbackWith: "{Bucket: input.Bucket}"},
	"s3 DeletePublicAccessBlock": {Kind: "bucket", ReadOperation: "GetPublicAccessBlock", ReadWith: bucket, Deletes: true, NoWait: atOnce, Rollback: "PutPublicAccessBlock", RollbackWith: "{Bucket: input.Bucket, PublicAccessBlockConfiguration: before.PublicAccessBlockConfiguration}"},
	"s3 PutBucketVersioning": {
		Kind: "bucket", ReadOperation: "GetBucketVersioning", ReadWith: bucket, Compared: []string{"Status"}, Sets: map[string]string{"Bucket": "-", "VersioningConfiguration": "-"}, NoWait: "AWS takes up to fifteen minutes, and does not say when it is done",
		Rollback: "PutBucketVersioning", RollbackWith: "{Bucket: input.Bucket, VersioningConfiguration: {Status: before.Status || 'Suspended'}}",
	},
	"s3 PutBucketEncryption":             {Kind: "bucket", ReadOperation: "GetBucketEncryption", ReadWith: bucket, Sets: aside, Whole: []string{"ServerSideEncryptionConfiguration"}, NoWait: atOnce, Restores: true, Rollback: "DeleteBucketEncryption", RollbackWith: "{Bucket: input.Bucket}"},
	"s3 PutBucketLifecycleConfiguration": {Kind: "bucket", ReadOperation: "GetBucketLifecycleConfiguration", ReadWith: bucket, Sets: map[string]string{"Bucket": "-", "LifecycleConfiguration": "-", "ChecksumAlgorithm": "-"}, NoWait: "AWS applies it once a day", Rollback: "PutBucketLifecycleConfiguration", RollbackWith: "{Bucket: input.Bucket, LifecycleConfiguration: before && {Rules: before.Rules}}"},
	"s3 PutBucketTagging":                {Kind: "bucket", ReadOperation: "GetBucketTagging", ReadWith: bucket, Sets: map[string]string{"Bucket": "-", "Tagging": "-", "ContentMD5": "-"}, NoWait: atOnce, Rollback: "PutBucketTagging", RollbackWith: "{Bucket: input.Bucket, Tagging: before && {TagSet: before.TagSet}}"},
	"s3 DeleteObject":                    {Kind: "object", ReadOperation: "HeadObject", ReadWith: "{Bucket: Bucket, Key: Key, VersionId: VersionId}", Deletes: true, NoWait: atOnce, NoRollback: "in a bucket with versions the older one is still there; in one without it is gone"},
	"s3 PutObject":                       {Kind: "object", ReadOperation: "HeadObject", ReadWith: "{Bucket: Bucket, Key: Key}", Sets: map[string]string{"Bucket": "-", "Key": "-", "Body": "-"}, NoWait: atOnce, NoRollback: "in a bucket with versions the older one is still there; in one without it is replaced"},
	"s3 CopyObject":                      {Kind: "object", ReadOperation: "HeadObject", ReadWith: "{Bucket: Bucket, Key: Key}", Sets: map[string]string{"Bucket": "-", "Key": "-", "CopySource": "-"}, NoWait: atOnce, NoRollback: "in a bucket with versions the older one is still there; in one without it is replaced"},
	"s3 CreateBucket":                    {Kind: "bucket", ReadOperation: "HeadBucket", ReadWith: bucket, Sets: map[string]string{"Bucket": "-", "CreateBucketConfiguration": "-"}, Waiter: "BucketExists", WaitWith: bucket, Rollback: "DeleteBucket", RollbackWith: "{Bucket: input.Bucket}"},
	"s3 DeleteBucket":                    {Kind: "bucket", ReadOperation: "HeadBucket", ReadWith: bucket, Deletes: true, Waiter: "BucketNotExists", WaitWith: bucket, NoRollback: "its name may be taken by somebody else; a bucket is deleted only when it is empty"},
}

var changesOfKeeping = map[string]Change{
	"secretsmanager PutSecretValue": {Kind: "secret", ReadOperation: "DescribeSecret", ReadWith: "{SecretId: SecretId}", Sets: map[string]string{"SecretId": "-", "SecretString": "-", "SecretBinary": "-", "ClientRequestToken": "-"}, NoWait: atOnce, rollback: secretBack, NoRollback: "aws secretsmanager update-secret-version-stage puts AWSCURRENT on the version from before, which has AWSPREVIOUS now"},
	"secretsmanager UpdateSecret":   {Kind: "secret", ReadOperation: "DescribeSecret", ReadWith: "{SecretId: SecretId}", Sets: map[string]string{"SecretId": "-", "SecretString": "-", "SecretBinary": "-", "ClientRequestToken": "-"}, NoWait: atOnce, Restores: true},
	"secretsmanager RotateSecret":   {Kind: "secret", ReadOperation: "DescribeSecret", ReadWith: "{SecretId: SecretId}", Sets: map[string]string{"SecretId": "-", "ClientRequestToken": "-", "RotateImmediately": "-"}, NoWait: "its function may take minutes, and AWS does not say when it is done", NoRollback: "a rotated secret is not put back: who uses it has the new one"},
	"ssm PutParameter":              {Kind: "parameter", ReadOperation: "GetParameter", ReadWith: "{Name: Name}", ReadAt: "Parameter", predict: parameterForetold, Sets: map[string]string{"Name": "-", "Overwrite": "-", "Description": "-", "Tags": "-", "KeyId": "-"}, Volatile: []string{"Version"}, NoWait: atOnce, Rollback: "DeleteParameter", RollbackWith: "{Name: input.Name}", rollback: parameterBack},
	"ssm DeleteParameter":           {Kind: "parameter", ReadOperation: "GetParameter", ReadWith: "{Name: Name}", ReadAt: "Parameter", Deletes: true, NoWait: atOnce, Rollback: "PutParameter", RollbackWith: "{Name: input.Name, Type: before.Type, Value: before.Value}"},
	"ssm SendCommand":               {Kind: "instance", NotRead: "what a command changes is not known", NoWait: "aws ssm wait command-executed waits for the id that it returns", NoRollback: notRun},
	"ssm StartAutomationExecution":  {Kind: "document", NotRead: "what an automation changes is not known", NoWait: "aws ssm get-automation-execution tells how far it is", NoRollback: notRun},
	"kms ScheduleKeyDeletion":       {Kind: "key", ReadOperation: "DescribeKey", ReadWith: "{KeyId: KeyId}", ReadAt: "KeyMetadata", Sets: map[string]string{"KeyId": "-", "PendingWindowInDays": "-"}, NoWait: atOnce, Rollback: "CancelKeyDeletion", RollbackWith: "{KeyId: input.KeyId}"},
	"kms DisableKey":                {Kind: "key", ReadOperation: "DescribeKey", ReadWith: "{KeyId: KeyId}", ReadAt: "KeyMetadata", NoWait: atOnce, predict: becomes("Enabled", "false"), Volatile: []string{"KeyState"}, Rollback: "EnableKey", RollbackWith: "{KeyId: input.KeyId}"},
	"kms EnableKey":                 {Kind: "key", ReadOperation: "DescribeKey", ReadWith: "{KeyId: KeyId}", ReadAt: "KeyMetadata", NoWait: atOnce, predict: becomes("Enabled", "true"), Volatile: []string{"KeyState"}, Rollback: "DisableKey", RollbackWith: "{KeyId: input.KeyId}"},
}

var changesOfIdentities = map[string]Change{
	"iam AttachRolePolicy": {Kind: "role", predict: policyForetold(true), ReadOperation: "ListAttachedRolePolicies", ReadWith: "{RoleName: RoleName}", Sets: map[string]string{"RoleName": "-", "PolicyArn": "-"}, NoWait: "it is everywhere within seconds, and AWS does not say when", Rollback: "DetachRolePolicy", RollbackWith: "{RoleName: input.RoleName, PolicyArn: input.PolicyArn}", keeps: attached(true)},
	"iam DetachRolePolicy": {Kind: "role", predict: policyForetold(false), ReadOperation: "ListAttachedRolePolicies", ReadWith: "{RoleName: RoleName}", Sets: map[string]string{"RoleName": "-", "PolicyArn": "-"}, NoWait: "it is everywhere within seconds, and AWS does not say when", Rollback: "AttachRolePolicy", RollbackWith: "{RoleName: input.RoleName, PolicyArn: input.PolicyArn}", keeps: attached(false)},
	"iam AttachUserPolicy": {Kind: "user", predict: policyForetold(true), ReadOperation: "ListAttachedUserPolicies", ReadWith: "{UserName: UserName}", Sets: map[string]string{"UserName": "-", "PolicyArn": "-"}, NoWait: "it is everywhere within seconds, and AWS does not say when", Rollback: "DetachUserPolicy", RollbackWith: "{UserName: input.UserName, PolicyArn: input.PolicyArn}", keeps: attached(true)},
	"iam DetachUserPolicy": {Kind: "user", predict: policyForetold(false), ReadOperation: "ListAttachedUserPolicies", ReadWith: "{UserName: UserName}", Sets: map[string]string{"UserName": "-", "PolicyArn": "-"}, NoWait: "it is everywhere within seconds, and AWS does not say when", Rollback: "AttachUserPolicy", RollbackWith: "{UserName: input.UserName, PolicyArn: input.PolicyArn}", keeps: attached(false)},
	"iam PutRolePolicy":    {Kind: "role", ReadOperation: "GetRolePolicy", ReadWith: "{RoleName: RoleName, PolicyName: PolicyName}", Sets: map[string]string{"RoleName": "-", "PolicyName": "-"}, NoWait: "it is everywhere within seconds, and AWS does not say when", Restores: true, Rollback: "DeleteRolePolicy", RollbackWith: "{RoleName: input.RoleName, PolicyName: input.PolicyName}"},
	"iam UpdateAccessKey":  {Kind: "access key", ReadOperation: "ListAccessKeys", ReadWith: "{UserName: UserName}", ReadAt: "AccessKeyMetadata[?AccessKeyId=={AccessKeyId}] | [0]", Compared: []string{"Status"}, Sets: map[string]string{"UserName": "-", "AccessKeyId": "-"}, NoWait: atOnce, Restores: true},
	"iam CreateAccessKey":  {Kind: "user", ReadOperation: "ListAccessKeys", ReadWith: "{UserName: UserName}", Sets: map[string]string{"UserName": "-"}, NoWait: atOnce, NoRollback: "aws iam delete-access-key with the id that it returns"},
	"iam DeleteAccessKey":  {Kind: "access key", ReadOperation: "ListAccessKeys", ReadWith: "{UserName: UserName}", ReadAt: "AccessKeyMetadata[?AccessKeyId=={AccessKeyId}] | [0]", Deletes: true, NoWait: atOnce, NoRollback: "AWS cannot bring a deleted key back: create another one"},
}

var changesOfStacks = map[string]Change{
	"cloudformation CreateStack":     {Kind: "stack", ReadOperation: "DescribeStacks", ReadWith: "{StackName: StackName}", ReadAt: "Stacks[0]", Waiter: "StackCreateComplete", WaitWith: "{StackName: StackName}", Sets: map[string]string{"TemplateBody": "-", "TemplateURL": "-", "StackName": "-", "Parameters": "-", "Tags": "-"}, Rollback: "DeleteStack", RollbackWith: "{StackName: input.StackName}"},
	"cloudformation UpdateStack":     {Kind: "stack", ReadOperation: "DescribeStacks", ReadWith: "{StackName: StackName}", ReadAt: "Stacks[0]", Waiter: "StackUpdateComplete", WaitWith: "{StackName: StackName}", Sets: map[string]string{"TemplateBody": "-", "TemplateURL": "-", "StackName": "-", "UsePreviousTemplate": "-", "Parameters": "-", "Tags": "-"}, NoRollback: "the same call with the template and the parameters from before"},
	"cloudformation DeleteStack":     {Kind: "stack", ReadOperation: "DescribeStacks", ReadWith: "{StackName: StackName}", ReadAt: "Stacks[0]", Deletes: true, Waiter: "StackDeleteComplete", WaitWith: "{StackName: StackName}", NoRollback: gone},
	"cloudformation CreateChangeSet": {Kind: "change set", ReadOperation: "DescribeChangeSet", ReadWith: "{StackName: StackName, ChangeSetName: ChangeSetName}", Waiter: "ChangeSetCreateComplete", WaitWith: "{StackName: StackName, ChangeSetName: ChangeSetName}", Sets: map[string]string{"TemplateBody": "-", "TemplateURL": "-", "StackName": "-", "UsePreviousTemplate": "-", "ChangeSetType": "-", "ChangeSetName": "-", "Parameters": "-"}, Rollback: "DeleteChangeSet", RollbackWith: "{StackName: input.StackName, ChangeSetName: input.ChangeSetName}"},
	"cloudformation ExecuteChangeSet": { // a change set is gone when it is carried out: its stack tells how far that is
		Kind: "stack", ReadOperation: "DescribeStacks", ReadWith: "{StackName: StackName}", ReadAt: "Stacks[0]", Sets: map[string]string{"StackName": "-", "ChangeSetName": "-", "DisableRollback": "-"}, Compared: []string{"StackStatus"},
		Until: "ends_with(StackStatus, '_COMPLETE') || ends_with(StackStatus, '_FAILED')", NoRollback: "a change set of the stack as it was before",
	},
}
