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
	"lambda UpdateFunctionConfiguration": {Kind: "function", Read: "GetFunctionConfiguration", With: function, Whole: []string{"Environment", "Layers", "VpcConfig"}, Sets: map[string]string{"FunctionName": "-"}, Waiter: "FunctionUpdatedV2", WaitWith: function, Restores: true},
	"lambda UpdateFunctionCode": {
		Kind: "function", Read: "GetFunctionConfiguration", With: function, Sets: map[string]string{"FunctionName": "-"}, Waiter: "FunctionUpdatedV2", WaitWith: function,
		Unback: "AWS does not keep the code that was replaced, unless a version of it was published: put that one in again",
	},
	"lambda PublishVersion": {Kind: "function", Read: "GetFunctionConfiguration", With: function, Sets: map[string]string{"FunctionName": "-", "Description": "-", "CodeSha256": "-"}, Unwaited: atOnce, Unback: "a version is never changed again; one that nothing uses does no harm"},
	"lambda UpdateAlias":    {Kind: "alias", Read: "GetAlias", Unwaited: atOnce, Whole: []string{"RoutingConfig"}, Sets: map[string]string{"FunctionName": "-", "Name": "-"}, Restores: true},
	"lambda CreateAlias":    {Kind: "alias", Read: "GetAlias", Unwaited: atOnce, Sets: map[string]string{"FunctionName": "-"}, Undo: "DeleteAlias", UndoWith: "{FunctionName: input.FunctionName, Name: input.Name}"},
	"lambda PutFunctionConcurrency": {
		Kind: "function", Read: "GetFunctionConcurrency", With: function, Unwaited: atOnce, Sets: map[string]string{"FunctionName": "-"}, back: concurrencyBack,
		Unback: "it had no reserved concurrency before; aws lambda delete-function-concurrency takes it away again",
	},
	"lambda DeleteFunctionConcurrency": {
		Kind: "function", Read: "GetFunctionConcurrency", With: function, Unwaited: atOnce, Deletes: true, Undo: "PutFunctionConcurrency",
		UndoWith: "{FunctionName: input.FunctionName, ReservedConcurrentExecutions: before.ReservedConcurrentExecutions}",
	},
	"lambda Invoke":                   {Kind: "function", Read: "GetFunctionConfiguration", With: function, Sets: map[string]string{"FunctionName": "-", "Payload": "-"}, Unwaited: "it answers when the function has ended", Unback: notRun},
	"lambda UpdateEventSourceMapping": {Kind: "event source mapping", Read: "GetEventSourceMapping", Until: "!contains(['Creating', 'Updating', 'Enabling', 'Disabling'], State)", Sets: map[string]string{"FunctionName": "-", "Enabled": "-"}, Unback: "the same call with --enabled or --no-enabled, as it was"},
	"lambda DeleteFunction":           {Kind: "function", Read: "GetFunctionConfiguration", With: function, Deletes: true, Unwaited: atOnce, Unback: gone},
	"apigateway UpdateStage":          {Kind: "stage", Read: "GetStage", Unwaited: "it is done within seconds, and AWS does not say when", foretell: stageForetold, back: stageBack},
	"apigateway CreateDeployment": {
		Kind: "REST API", Read: "GetStage", With: "{restApiId: restApiId, stageName: stageName}", Sets: map[string]string{"restApiId": "-", "description": "-", "stageName": "-"}, Unwaited: "it is done within seconds, and AWS does not say when",
		Shows: []string{"deploymentId"}, Undo: "UpdateStage", UndoWith: "{restApiId: input.restApiId, stageName: input.stageName, patchOperations: [{op: 'replace', path: '/deploymentId', value: before.deploymentId}]}",
	},
	"events DisableRule": {Kind: "rule", Read: "DescribeRule", Unwaited: atOnce, Shows: []string{"State"}, foretell: becomes("State", "DISABLED"), Undo: "EnableRule", UndoWith: "{Name: input.Name, EventBusName: input.EventBusName}"},
	"events EnableRule":  {Kind: "rule", Read: "DescribeRule", Unwaited: atOnce, Shows: []string{"State"}, foretell: becomes("State", "ENABLED"), Undo: "DisableRule", UndoWith: "{Name: input.Name, EventBusName: input.EventBusName}"},
	"events PutRule":     {Kind: "rule", Read: "DescribeRule", With: "{Name: Name, EventBusName: EventBusName}", Unwaited: atOnce, Shows: []string{"State"}, Restores: true, Replaces: true, Usual: map[string]string{"State": "ENABLED", "EventBusName": "default"}, Undo: "DeleteRule", UndoWith: "{Name: input.Name, EventBusName: input.EventBusName}"},
	"sns Publish":        {Kind: "topic", Unread: "a message is not kept by its topic", Unwaited: atOnce, Unback: sent},
	"sqs SendMessage":    {Kind: "queue", Unread: "a message changes nothing of its queue", Unwaited: atOnce, Unback: sent},
	"sqs PurgeQueue":     {Kind: "queue", Read: "GetQueueAttributes", With: "{QueueUrl: QueueUrl, AttributeNames: ['ApproximateNumberOfMessages']}", At: "Attributes", Unwaited: "AWS takes up to a minute to delete them all", Unback: "AWS cannot take back a purge: the messages are gone"},
	"sqs SetQueueAttributes": {
		Kind: "queue", Read: "GetQueueAttributes", With: "{QueueUrl: QueueUrl, AttributeNames: ['All']}", Sets: map[string]string{"Attributes": "Attributes", "QueueUrl": "-"}, Unwaited: "it is done within a minute, and AWS does not say when", Restores: true,
		Quiet: []string{"Attributes.LastModifiedTimestamp", "Attributes.ApproximateNumberOfMessages", "Attributes.ApproximateNumberOfMessagesDelayed", "Attributes.ApproximateNumberOfMessagesNotVisible"},
	},
	"cloudfront CreateInvalidation": {Kind: "distribution", Unread: "what is in the caches cannot be read", Unwaited: "AWS takes some minutes: aws cloudfront wait invalidation-completed waits for it", Unback: "nothing is lost: what was taken out of the caches is fetched again"},
	"cloudfront UpdateDistribution": {
		Kind: "distribution", Read: "GetDistributionConfig", With: "{Id: Id}", At: "DistributionConfig", Sets: map[string]string{"Id": "-", "IfMatch": "-", "DistributionConfig": "-"}, Waiter: "DistributionDeployed", WaitWith: "{Id: Id}",
		Unback: "the same call with the configuration from before, and with the ETag that this one returns",
	},
}

const table = "{TableName: TableName}"

// provisioned is what a table is that never was on-demand:
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BillingModeSummary.html
var provisioned = map[string]string{"BillingModeSummary.BillingMode": "PROVISIONED"}

var changesOfTables = map[string]Change{
	"dynamodb UpdateTable": {
		Kind: "table", Read: "DescribeTable", With: table, At: "Table", Usual: provisioned, Sets: map[string]string{"TableName": "-", "BillingMode": "BillingModeSummary.BillingMode", "TableClass": "TableClassSummary.TableClass"}, Until: "TableStatus == 'ACTIVE'",
		Quiet: []string{"ProvisionedThroughput.NumberOfDecreasesToday"}, foretell: tableForetold, back: tableBack,
	},
	"dynamodb CreateBackup": {
		Kind: "backup", Read: "ListBackups", With: table, At: "BackupSummaries[?BackupName=={BackupName}] | [0]", Until: "BackupStatus == 'AVAILABLE'", Quiet: []string{"BackupStatus"}, Sets: map[string]string{"BackupName": "BackupName", "TableName": "TableName"},
		Undo: "DeleteBackup", UndoWith: "{BackupArn: after.BackupArn}",
	},
	"dynamodb DeleteBackup": {Kind: "backup", Read: "DescribeBackup", With: "{BackupArn: BackupArn}", At: "BackupDescription.BackupDetails", Deletes: true, Unwaited: "it is done within seconds, and AWS does not say when", Unback: gone},
	"dynamodb RestoreTableFromBackup": {
		Kind: "table", Read: "DescribeTable", With: "{TableName: TargetTableName}", At: "Table", Sets: map[string]string{"TargetTableName": "TableName", "BackupArn": "-"}, Waiter: "TableExists", WaitWith: "{TableName: TargetTableName}",
		Undo: "DeleteTable", UndoWith: "{TableName: input.TargetTableName}",
	},
	"dynamodb RestoreTableToPointInTime": {
		Kind: "table", Read: "DescribeTable", With: "{TableName: TargetTableName}", At: "Table", Sets: map[string]string{"TargetTableName": "TableName", "SourceTableName": "-", "SourceTableArn": "-", "UseLatestRestorableTime": "-", "RestoreDateTime": "-"},
		Waiter: "TableExists", WaitWith: "{TableName: TargetTableName}", Undo: "DeleteTable", UndoWith: "{TableName: input.TargetTableName}",
	},
	"dynamodb DeleteTable": {
		Kind: "table", Read: "DescribeTable", With: table, At: "Table", Deletes: true, Waiter: "TableNotExists", WaitWith: table,
		Unback: "AWS cannot bring a deleted table back: only a backup of it, or its point-in-time recovery, can be restored into a new one",
	},
	"dynamodb UpdateContinuousBackups": {
		Kind: "table", Read: "DescribeContinuousBackups", With: table, At: "ContinuousBackupsDescription", Sets: map[string]string{"TableName": "-", "PointInTimeRecoverySpecification": "-"}, Unwaited: atOnce,
		Unback: "switching it off loses the time that could be restored; switching it on is undone by the same call with PointInTimeRecoveryEnabled=false",
	},
	"dynamodb PutItem": {
		Kind: "table", Unread: "which attributes are the item's key is not told by the call", Unwaited: atOnce, Unback: "the item that was replaced is not kept: read it before, with aws dynamodb get-item",
	},
	"dynamodb UpdateItem": {Kind: "item", Read: "GetItem", With: "{TableName: TableName, Key: Key}", At: "Item", Sets: map[string]string{"TableName": "-", "Key": "-"}, Unwaited: atOnce, Undo: "PutItem", UndoWith: "{TableName: input.TableName, Item: before}"},
	"dynamodb DeleteItem": {Kind: "item", Read: "GetItem", With: "{TableName: TableName, Key: Key}", At: "Item", Deletes: true, Unwaited: atOnce, Undo: "PutItem", UndoWith: "{TableName: input.TableName, Item: before}"},
}

const (
	instances = "{InstanceIds: InstanceIds}"
	instance  = "Reservations[].Instances[] | {Instances: @}"
)

var changesOfMachines = map[string]Change{
	"ec2 StartInstances":     {Kind: "instance", Read: "DescribeInstances", With: instances, At: "{State: join(', ', Reservations[].Instances[].State.Name)}", Shows: []string{"State"}, foretell: becomes("State", "running"), Waiter: "InstanceRunning", Undo: "StopInstances", UndoWith: "{InstanceIds: input.InstanceIds}"},
	"ec2 StopInstances":      {Kind: "instance", Read: "DescribeInstances", With: instances, At: "{State: join(', ', Reservations[].Instances[].State.Name)}", Shows: []string{"State"}, foretell: becomes("State", "stopped"), Waiter: "InstanceStopped", Undo: "StartInstances", UndoWith: "{InstanceIds: input.InstanceIds}"},
	"ec2 RebootInstances":    {Kind: "instance", Read: "DescribeInstances", With: instances, At: instance, Waiter: "InstanceStatusOk", WaitWith: instances, Sets: map[string]string{"InstanceIds": "-"}, Unback: "a reboot changes nothing that could be put back"},
	"ec2 TerminateInstances": {Kind: "instance", Read: "DescribeInstances", With: instances, At: "{State: join(', ', Reservations[].Instances[].State.Name)}", Shows: []string{"State"}, foretell: becomes("State", "terminated"), Waiter: "InstanceTerminated", Unback: "AWS cannot bring a terminated instance back: what was on its own disks is lost"},
	"ec2 RunInstances":       {Kind: "instance", Unread: "the instances are not there yet", Unwaited: "aws ec2 wait instance-running waits for the ids that it returns", Unback: "aws ec2 terminate-instances with the ids that it returns"},
	"ec2 ModifyInstanceAttribute": {
		Kind: "instance", Read: "DescribeInstances", With: "{InstanceIds: [InstanceId]}", At: "Reservations[0].Instances[0]", Sets: map[string]string{"InstanceId": "-", "InstanceType": "-", "Attribute": "-", "Value": "-", "Groups": "-"}, Unwaited: atOnce,
		Unback: "the same call with the value from before, which the reading shows",
	},
	"ec2 CreateSnapshot": {Kind: "volume", Read: "DescribeVolumes", With: "{VolumeIds: [VolumeId]}", At: "Volumes[0]", Sets: map[string]string{"VolumeId": "-", "Description": "-"}, Unwaited: "aws ec2 wait snapshot-completed waits for the id that it returns", Unback: "the snapshot changes nothing of the volume; aws ec2 delete-snapshot deletes it again"},
	"ec2 CreateTags":     {Kind: "resource", Read: "DescribeTags", With: "{Filters: [{Name: 'resource-id', Values: Resources}]}", Sets: map[string]string{"Resources": "-", "Tags": "-"}, Unwaited: atOnce, Undo: "DeleteTags", UndoWith: "{Resources: input.Resources, Tags: input.Tags}", unless: tagged},
	"ec2 AuthorizeSecurityGroupIngress": {
		Kind: "security group", Read: "DescribeSecurityGroups", With: "{GroupIds: [GroupId]}", At: "SecurityGroups[0]", Sets: map[string]string{"GroupId": "-", "IpPermissions": "-"}, Unwaited: atOnce, Undo: "RevokeSecurityGroupIngress",
		UndoWith: "{GroupId: input.GroupId, IpPermissions: input.IpPermissions, IpProtocol: input.IpProtocol, FromPort: input.FromPort, ToPort: input.ToPort, CidrIp: input.CidrIp}",
	},
	"ec2 RevokeSecurityGroupIngress": {
		Kind: "security group", Read: "DescribeSecurityGroups", With: "{GroupIds: [GroupId]}", At: "SecurityGroups[0]", Sets: map[string]string{"GroupId": "-", "IpPermissions": "-"}, Unwaited: atOnce, Undo: "AuthorizeSecurityGroupIngress",
		UndoWith: "{GroupId: input.GroupId, IpPermissions: input.IpPermissions, IpProtocol: input.IpProtocol, FromPort: input.FromPort, ToPort: input.ToPort, CidrIp: input.CidrIp}",
	},
	"autoscaling SetDesiredCapacity": {
		Kind: "Auto Scaling group", Read: "DescribeAutoScalingGroups", With: "{AutoScalingGroupNames: [AutoScalingGroupName]}", At: "AutoScalingGroups[0]", Quiet: []string{"Instances"}, Sets: map[string]string{"AutoScalingGroupName": "-", "HonorCooldown": "-"},
		Until: "length(Instances[?LifecycleState=='InService']) >= DesiredCapacity", Restores: true,
	},
	"autoscaling UpdateAutoScalingGroup": {
		Kind: "Auto Scaling group", Read: "DescribeAutoScalingGroups", With: "{AutoScalingGroupNames: [AutoScalingGroupName]}", At: "AutoScalingGroups[0]", Quiet: []string{"Instances"}, Sets: map[string]string{"AutoScalingGroupName": "-", "VPCZoneIdentifier": "VPCZoneIdentifier"},
		Until: "length(Instances[?LifecycleState=='InService']) >= MinSize", Restores: true,
	},
	"elbv2 ModifyListener":             {Kind: "listener", Read: "DescribeListeners", With: "{ListenerArns: [ListenerArn]}", At: "Listeners[0]", Whole: []string{"DefaultActions", "Certificates"}, Sets: map[string]string{"ListenerArn": "-"}, Unwaited: "it is done within seconds, and AWS does not say when", Restores: true},
	"elbv2 ModifyRule":                 {Kind: "rule", Read: "DescribeRules", With: "{RuleArns: [RuleArn]}", At: "Rules[0]", Whole: []string{"Actions", "Conditions"}, Sets: map[string]string{"RuleArn": "-"}, Unwaited: "it is done within seconds, and AWS does not say when", Restores: true},
	"elbv2 ModifyTargetGroup":          {Kind: "target group", Read: "DescribeTargetGroups", With: "{TargetGroupArns: [TargetGroupArn]}", At: "TargetGroups[0]", Sets: map[string]string{"TargetGroupArn": "-"}, Unwaited: atOnce, Restores: true},
	"elbv2 RegisterTargets":            {Kind: "target group", Read: "DescribeTargetHealth", With: "{TargetGroupArn: TargetGroupArn}", Waiter: "TargetInService", Undo: "DeregisterTargets", Sets: map[string]string{"Targets": "-"}, UndoWith: "{TargetGroupArn: input.TargetGroupArn, Targets: input.Targets}"},
	"elbv2 DeregisterTargets":          {Kind: "target group", Read: "DescribeTargetHealth", With: "{TargetGroupArn: TargetGroupArn}", Waiter: "TargetDeregistered", Undo: "RegisterTargets", Sets: map[string]string{"Targets": "-"}, UndoWith: "{TargetGroupArn: input.TargetGroupArn, Targets: input.Targets}"},
	"route53 ChangeResourceRecordSets": {Kind: "hosted zone", Read: "ListResourceRecordSets", With: "{HostedZoneId: HostedZoneId}", At: "{Records: ResourceRecordSets}", Sets: map[string]string{"HostedZoneId": "-", "ChangeBatch": "-"}, Unwaited: "AWS takes up to a minute: aws route53 wait resource-record-sets-changed waits for the id that it returns", Unback: "a change batch of the opposite: the records from before, which the reading shows"},
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
		Kind: "database", Read: "DescribeDBInstances", With: database, At: "DBInstances[0]", Waiter: "DBInstanceAvailable", WaitWith: database, Restores: true,
		Sets:    map[string]string{"DBInstanceIdentifier": "-", "ApplyImmediately": "-", "AllowMajorVersionUpgrade": "-"},
		Unbacks: databaseForward,
	},
	"rds RebootDBInstance":  {Kind: "database", Read: "DescribeDBInstances", With: database, At: "DBInstances[0]", Waiter: "DBInstanceAvailable", WaitWith: database, Sets: map[string]string{"DBInstanceIdentifier": "-", "ForceFailover": "-"}, Unback: "a reboot changes nothing that could be put back"},
	"rds StopDBInstance":    {Kind: "database", Read: "DescribeDBInstances", With: database, At: "DBInstances[0]", Shows: []string{"DBInstanceStatus"}, foretell: becomes("DBInstanceStatus", "stopped"), Until: "DBInstanceStatus == 'stopped'", Undo: "StartDBInstance", UndoWith: "{DBInstanceIdentifier: input.DBInstanceIdentifier}"},
	"rds StartDBInstance":   {Kind: "database", Read: "DescribeDBInstances", With: database, At: "DBInstances[0]", Shows: []string{"DBInstanceStatus"}, foretell: becomes("DBInstanceStatus", "available"), Waiter: "DBInstanceAvailable", WaitWith: database, Undo: "StopDBInstance", UndoWith: "{DBInstanceIdentifier: input.DBInstanceIdentifier}"},
	"rds FailoverDBCluster": {Kind: "database cluster", Read: "DescribeDBClusters", With: "{DBClusterIdentifier: DBClusterIdentifier}", At: "DBClusters[0]", Waiter: "DBClusterAvailable", WaitWith: "{DBClusterIdentifier: DBClusterIdentifier}", Sets: map[string]string{"TargetDBInstanceIdentifier": "-"}, Undo: "FailoverDBCluster", UndoWith: "{DBClusterIdentifier: input.DBClusterIdentifier, TargetDBInstanceIdentifier: before.DBClusterMembers[?IsClusterWriter].DBInstanceIdentifier | [0]}"},
	"rds ModifyDBCluster":   {Kind: "database cluster", Read: "DescribeDBClusters", With: "{DBClusterIdentifier: DBClusterIdentifier}", At: "DBClusters[0]", Waiter: "DBClusterAvailable", WaitWith: "{DBClusterIdentifier: DBClusterIdentifier}", Sets: map[string]string{"DBClusterIdentifier": "-", "ApplyImmediately": "-", "AllowMajorVersionUpgrade": "-"}, Restores: true, Unbacks: databaseForward},
	"rds CreateDBSnapshot":  {Kind: "snapshot", Read: "DescribeDBSnapshots", With: "{DBSnapshotIdentifier: DBSnapshotIdentifier}", At: "DBSnapshots[0]", Waiter: "DBSnapshotAvailable", WaitWith: "{DBSnapshotIdentifier: DBSnapshotIdentifier}", Undo: "DeleteDBSnapshot", UndoWith: "{DBSnapshotIdentifier: input.DBSnapshotIdentifier}"},
	"rds DeleteDBSnapshot":  {Kind: "snapshot", Read: "DescribeDBSnapshots", With: "{DBSnapshotIdentifier: DBSnapshotIdentifier}", At: "DBSnapshots[0]", Deletes: true, Waiter: "DBSnapshotDeleted", WaitWith: "{DBSnapshotIdentifier: DBSnapshotIdentifier}", Unback: gone},
	"rds RestoreDBInstanceFromDBSnapshot": {
		Kind: "database", Read: "DescribeDBInstances", With: database, At: "DBInstances[0]", Waiter: "DBInstanceAvailable", WaitWith: database, Sets: map[string]string{"DBSnapshotIdentifier": "-"},
		Undo: "DeleteDBInstance", UndoWith: "{DBInstanceIdentifier: input.DBInstanceIdentifier, SkipFinalSnapshot: `true`}",
	},
	"rds RestoreDBInstanceToPointInTime": {
		Kind: "database", Read: "DescribeDBInstances", With: "{DBInstanceIdentifier: TargetDBInstanceIdentifier}", At: "DBInstances[0]", Waiter: "DBInstanceAvailable", WaitWith: "{DBInstanceIdentifier: TargetDBInstanceIdentifier}",
		Sets: map[string]string{"TargetDBInstanceIdentifier": "DBInstanceIdentifier", "UseLatestRestorableTime": "-"}, Undo: "DeleteDBInstance", UndoWith: "{DBInstanceIdentifier: input.TargetDBInstanceIdentifier, SkipFinalSnapshot: `true`}",
	},
	"rds DeleteDBInstance": {Kind: "database", Read: "DescribeDBInstances", With: database, At: "DBInstances[0]", Deletes: true, Waiter: "DBInstanceDeleted", WaitWith: database, Unback: "AWS cannot bring a deleted database back: only a snapshot of it can be restored into a new one"},
}

var changesOfContainers = map[string]Change{
	"ecs UpdateService": {
		Kind: "service", Read: "DescribeServices", With: "{cluster: cluster, services: [service]}", At: "services[0]", Waiter: "ServicesStable", WaitWith: "{cluster: cluster, services: [service]}", Restores: true,
		Sets: map[string]string{"cluster": "-", "service": "-", "forceNewDeployment": "-"}, Quiet: []string{"deployments", "events", "taskSets"},
	},
	"ecs RunTask":          {Kind: "cluster", Unread: "the task is not there yet", Unwaited: "aws ecs wait tasks-stopped waits for the task that it returns", Unback: notRun},
	"ecs StopTask":         {Kind: "task", Read: "DescribeTasks", With: "{cluster: cluster, tasks: [task]}", At: "tasks[0]", Waiter: "TasksStopped", WaitWith: "{cluster: cluster, tasks: [task]}", Sets: map[string]string{"cluster": "-", "task": "-", "reason": "stoppedReason"}, Unback: "a stopped task does not run again; its service starts another one"},
	"ecr PutImage":         {Kind: "image", Read: "DescribeImages", With: "{repositoryName: repositoryName, imageIds: [{imageTag: imageTag}]}", At: "imageDetails[0]", Sets: map[string]string{"imageManifest": "-", "imageTag": "-", "repositoryName": "-"}, Unwaited: atOnce, Unback: "the tag moves: put it on the image that had it before, whose digest the reading shows"},
	"ecr BatchDeleteImage": {Kind: "image", Read: "DescribeImages", With: "{repositoryName: repositoryName, imageIds: imageIds}", At: "imageDetails[0]", Deletes: true, Unwaited: atOnce, Unback: gone},
	"ecr PutLifecyclePolicy": {
		Kind: "repository", Read: "GetLifecyclePolicy", With: "{repositoryName: repositoryName}", Sets: map[string]string{"repositoryName": "-"}, Unwaited: "AWS applies it within a day", Restores: true, Undo: "DeleteLifecyclePolicy", UndoWith: "{repositoryName: input.repositoryName}",
		Quiet: []string{"lastEvaluatedAt"},
	},
	"ecr SetRepositoryPolicy": {Kind: "repository", Read: "GetRepositoryPolicy", With: "{repositoryName: repositoryName}", Sets: map[string]string{"repositoryName": "-"}, Unwaited: atOnce, Restores: true, Undo: "DeleteRepositoryPolicy", UndoWith: "{repositoryName: input.repositoryName}"},
	"eks UpdateNodegroupConfig": {
		Kind: "node group", Read: "DescribeNodegroup", With: "{clusterName: clusterName, nodegroupName: nodegroupName}", At: "nodegroup", Sets: map[string]string{"clusterName": "-", "nodegroupName": "-", "labels": "-", "taints": "-"}, Waiter: "NodegroupActive",
		WaitWith: "{clusterName: clusterName, nodegroupName: nodegroupName}", Restores: true,
	},
}

const alarm = "{AlarmNames: [AlarmName]}"

var changesOfAlarms = map[string]Change{
	"cloudwatch PutDashboard":        {Kind: "dashboard", Read: "GetDashboard", With: "{DashboardName: DashboardName}", Sets: map[string]string{"DashboardName": "-"}, Quiet: []string{"DashboardArn"}, Unwaited: atOnce, Restores: true, Undo: "DeleteDashboards", UndoWith: "{DashboardNames: [input.DashboardName]}"},
	"cloudwatch DeleteDashboards":    {Kind: "dashboard", Read: "GetDashboard", With: "{DashboardName: DashboardNames[0]}", Deletes: true, Unwaited: atOnce, Undo: "PutDashboard", UndoWith: "{DashboardName: before.DashboardName, DashboardBody: before.DashboardBody}"},
	"cloudwatch PutMetricAlarm":      {Kind: "alarm", Read: "DescribeAlarms", With: alarm, At: "MetricAlarms[0]", Unwaited: atOnce, Sets: map[string]string{"AlarmName": "-", "Tags": "-"}, Quiet: []string{"StateValue"}, Restores: true, Replaces: true, Usual: map[string]string{"ActionsEnabled": "true"}, Undo: "DeleteAlarms", UndoWith: "{AlarmNames: [input.AlarmName]}"},
	"cloudwatch DeleteAlarms":        {Kind: "alarm", Read: "DescribeAlarms", With: "{AlarmNames: AlarmNames}", At: "MetricAlarms[0]", Deletes: true, Unwaited: atOnce, Undo: "PutMetricAlarm", UndoWith: alarmAgain},
	"cloudwatch DisableAlarmActions": {Kind: "alarm", Read: "DescribeAlarms", With: "{AlarmNames: AlarmNames}", At: "MetricAlarms[0]", Unwaited: atOnce, Quiet: []string{"StateValue"}, foretell: becomes("ActionsEnabled", "false"), Undo: "EnableAlarmActions", UndoWith: "{AlarmNames: input.AlarmNames}"},
	"cloudwatch EnableAlarmActions":  {Kind: "alarm", Read: "DescribeAlarms", With: "{AlarmNames: AlarmNames}", At: "MetricAlarms[0]", Unwaited: atOnce, Quiet: []string{"StateValue"}, foretell: becomes("ActionsEnabled", "true"), Undo: "DisableAlarmActions", UndoWith: "{AlarmNames: input.AlarmNames}"},
	"cloudwatch SetAlarmState":       {Kind: "alarm", Read: "DescribeAlarms", With: alarm, At: "MetricAlarms[0]", Unwaited: atOnce, Sets: map[string]string{"AlarmName": "-", "StateReason": "-", "StateReasonData": "-"}, Unback: "the alarm takes its own state again with its next evaluation"},
	"cloudwatch PutMetricData":       {Kind: "namespace", Unread: "a value changes nothing that is there", Unwaited: "AWS shows it within two minutes", Unback: "CloudWatch deletes no values; they expire"},
	"logs PutRetentionPolicy":        {Kind: "log group", Read: "DescribeLogGroups", With: "{logGroupNamePrefix: logGroupName}", At: "logGroups[?logGroupName=={logGroupName}] | [0]", Quiet: []string{"storedBytes"}, Sets: map[string]string{"logGroupName": "-"}, Unwaited: atOnce, back: retentionBack, Unback: "it kept everything before: aws logs delete-retention-policy does so again"},
	"logs DeleteLogGroup":            {Kind: "log group", Read: "DescribeLogGroups", With: "{logGroupNamePrefix: logGroupName}", At: "logGroups[?logGroupName=={logGroupName}] | [0]", Deletes: true, Unwaited: atOnce, Unback: gone},
}

// alarmAgain makes of an alarm as it is read the input that puts it.
const alarmAgain = "before.{AlarmName: AlarmName, AlarmDescription: AlarmDescription, ActionsEnabled: ActionsEnabled, OKActions: OKActions, AlarmActions: AlarmActions, InsufficientDataActions: InsufficientDataActions, " +
	"MetricName: MetricName, Namespace: Namespace, Statistic: Statistic, ExtendedStatistic: ExtendedStatistic, Dimensions: Dimensions, Period: Period, Unit: Unit, EvaluationPeriods: EvaluationPeriods, " +
	"DatapointsToAlarm: DatapointsToAlarm, Threshold: Threshold, ComparisonOperator: ComparisonOperator, TreatMissingData: TreatMissingData, Metrics: Metrics}"

const bucket = "{Bucket: Bucket}"

var aside = map[string]string{"Bucket": "-", "ExpectedBucketOwner": "-", "ContentMD5": "-", "ChecksumAlgorithm": "-"}

var changesOfBuckets = map[string]Change{
	"s3 PutBucketPolicy":         {Kind: "bucket", Read: "GetBucketPolicy", With: bucket, Sets: aside, Unwaited: atOnce, Restores: true, Undo: "DeleteBucketPolicy", UndoWith: "{Bucket: input.Bucket}"},
	"s3 DeleteBucketPolicy":      {Kind: "bucket", Read: "GetBucketPolicy", With: bucket, Deletes: true, Unwaited: atOnce, Undo: "PutBucketPolicy", UndoWith: "{Bucket: input.Bucket, Policy: before.Policy}"},
	"s3 PutPublicAccessBlock":    {Kind: "bucket", Read: "GetPublicAccessBlock", With: bucket, Sets: aside, Unwaited: atOnce, Restores: true, Undo: "DeletePublicAccessBlock", UndoWith: "{Bucket: input.Bucket}"},
	"s3 DeletePublicAccessBlock": {Kind: "bucket", Read: "GetPublicAccessBlock", With: bucket, Deletes: true, Unwaited: atOnce, Undo: "PutPublicAccessBlock", UndoWith: "{Bucket: input.Bucket, PublicAccessBlockConfiguration: before.PublicAccessBlockConfiguration}"},
	"s3 PutBucketVersioning": {
		Kind: "bucket", Read: "GetBucketVersioning", With: bucket, Shows: []string{"Status"}, Sets: map[string]string{"Bucket": "-", "VersioningConfiguration": "-"}, Unwaited: "AWS takes up to fifteen minutes, and does not say when it is done",
		Undo: "PutBucketVersioning", UndoWith: "{Bucket: input.Bucket, VersioningConfiguration: {Status: before.Status || 'Suspended'}}",
	},
	"s3 PutBucketEncryption":             {Kind: "bucket", Read: "GetBucketEncryption", With: bucket, Sets: aside, Whole: []string{"ServerSideEncryptionConfiguration"}, Unwaited: atOnce, Restores: true, Undo: "DeleteBucketEncryption", UndoWith: "{Bucket: input.Bucket}"},
	"s3 PutBucketLifecycleConfiguration": {Kind: "bucket", Read: "GetBucketLifecycleConfiguration", With: bucket, Sets: map[string]string{"Bucket": "-", "LifecycleConfiguration": "-", "ChecksumAlgorithm": "-"}, Unwaited: "AWS applies it once a day", Undo: "PutBucketLifecycleConfiguration", UndoWith: "{Bucket: input.Bucket, LifecycleConfiguration: before && {Rules: before.Rules}}"},
	"s3 PutBucketTagging":                {Kind: "bucket", Read: "GetBucketTagging", With: bucket, Sets: map[string]string{"Bucket": "-", "Tagging": "-", "ContentMD5": "-"}, Unwaited: atOnce, Undo: "PutBucketTagging", UndoWith: "{Bucket: input.Bucket, Tagging: before && {TagSet: before.TagSet}}"},
	"s3 DeleteObject":                    {Kind: "object", Read: "HeadObject", With: "{Bucket: Bucket, Key: Key, VersionId: VersionId}", Deletes: true, Unwaited: atOnce, Unback: "in a bucket with versions the older one is still there; in one without it is gone"},
	"s3 PutObject":                       {Kind: "object", Read: "HeadObject", With: "{Bucket: Bucket, Key: Key}", Sets: map[string]string{"Bucket": "-", "Key": "-", "Body": "-"}, Unwaited: atOnce, Unback: "in a bucket with versions the older one is still there; in one without it is replaced"},
	"s3 CopyObject":                      {Kind: "object", Read: "HeadObject", With: "{Bucket: Bucket, Key: Key}", Sets: map[string]string{"Bucket": "-", "Key": "-", "CopySource": "-"}, Unwaited: atOnce, Unback: "in a bucket with versions the older one is still there; in one without it is replaced"},
	"s3 CreateBucket":                    {Kind: "bucket", Read: "HeadBucket", With: bucket, Sets: map[string]string{"Bucket": "-", "CreateBucketConfiguration": "-"}, Waiter: "BucketExists", WaitWith: bucket, Undo: "DeleteBucket", UndoWith: "{Bucket: input.Bucket}"},
	"s3 DeleteBucket":                    {Kind: "bucket", Read: "HeadBucket", With: bucket, Deletes: true, Waiter: "BucketNotExists", WaitWith: bucket, Unback: "its name may be taken by somebody else; a bucket is deleted only when it is empty"},
}

var changesOfKeeping = map[string]Change{
	"secretsmanager PutSecretValue": {Kind: "secret", Read: "DescribeSecret", With: "{SecretId: SecretId}", Sets: map[string]string{"SecretId": "-", "SecretString": "-", "SecretBinary": "-", "ClientRequestToken": "-"}, Unwaited: atOnce, back: secretBack, Unback: "aws secretsmanager update-secret-version-stage puts AWSCURRENT on the version from before, which has AWSPREVIOUS now"},
	"secretsmanager UpdateSecret":   {Kind: "secret", Read: "DescribeSecret", With: "{SecretId: SecretId}", Sets: map[string]string{"SecretId": "-", "SecretString": "-", "SecretBinary": "-", "ClientRequestToken": "-"}, Unwaited: atOnce, Restores: true},
	"secretsmanager RotateSecret":   {Kind: "secret", Read: "DescribeSecret", With: "{SecretId: SecretId}", Sets: map[string]string{"SecretId": "-", "ClientRequestToken": "-", "RotateImmediately": "-"}, Unwaited: "its function may take minutes, and AWS does not say when it is done", Unback: "a rotated secret is not put back: who uses it has the new one"},
	"ssm PutParameter":              {Kind: "parameter", Read: "GetParameter", With: "{Name: Name}", At: "Parameter", foretell: parameterForetold, Sets: map[string]string{"Name": "-", "Overwrite": "-", "Description": "-", "Tags": "-", "KeyId": "-"}, Quiet: []string{"Version"}, Unwaited: atOnce, Undo: "DeleteParameter", UndoWith: "{Name: input.Name}", back: parameterBack},
	"ssm DeleteParameter":           {Kind: "parameter", Read: "GetParameter", With: "{Name: Name}", At: "Parameter", Deletes: true, Unwaited: atOnce, Undo: "PutParameter", UndoWith: "{Name: input.Name, Type: before.Type, Value: before.Value}"},
	"ssm SendCommand":               {Kind: "instance", Unread: "what a command changes is not known", Unwaited: "aws ssm wait command-executed waits for the id that it returns", Unback: notRun},
	"ssm StartAutomationExecution":  {Kind: "document", Unread: "what an automation changes is not known", Unwaited: "aws ssm get-automation-execution tells how far it is", Unback: notRun},
	"kms ScheduleKeyDeletion":       {Kind: "key", Read: "DescribeKey", With: "{KeyId: KeyId}", At: "KeyMetadata", Sets: map[string]string{"KeyId": "-", "PendingWindowInDays": "-"}, Unwaited: atOnce, Undo: "CancelKeyDeletion", UndoWith: "{KeyId: input.KeyId}"},
	"kms DisableKey":                {Kind: "key", Read: "DescribeKey", With: "{KeyId: KeyId}", At: "KeyMetadata", Unwaited: atOnce, foretell: becomes("Enabled", "false"), Quiet: []string{"KeyState"}, Undo: "EnableKey", UndoWith: "{KeyId: input.KeyId}"},
	"kms EnableKey":                 {Kind: "key", Read: "DescribeKey", With: "{KeyId: KeyId}", At: "KeyMetadata", Unwaited: atOnce, foretell: becomes("Enabled", "true"), Quiet: []string{"KeyState"}, Undo: "DisableKey", UndoWith: "{KeyId: input.KeyId}"},
}

var changesOfIdentities = map[string]Change{
	"iam AttachRolePolicy": {Kind: "role", foretell: policyForetold(true), Read: "ListAttachedRolePolicies", With: "{RoleName: RoleName}", Sets: map[string]string{"RoleName": "-", "PolicyArn": "-"}, Unwaited: "it is everywhere within seconds, and AWS does not say when", Undo: "DetachRolePolicy", UndoWith: "{RoleName: input.RoleName, PolicyArn: input.PolicyArn}", unless: attached(true)},
	"iam DetachRolePolicy": {Kind: "role", foretell: policyForetold(false), Read: "ListAttachedRolePolicies", With: "{RoleName: RoleName}", Sets: map[string]string{"RoleName": "-", "PolicyArn": "-"}, Unwaited: "it is everywhere within seconds, and AWS does not say when", Undo: "AttachRolePolicy", UndoWith: "{RoleName: input.RoleName, PolicyArn: input.PolicyArn}", unless: attached(false)},
	"iam AttachUserPolicy": {Kind: "user", foretell: policyForetold(true), Read: "ListAttachedUserPolicies", With: "{UserName: UserName}", Sets: map[string]string{"UserName": "-", "PolicyArn": "-"}, Unwaited: "it is everywhere within seconds, and AWS does not say when", Undo: "DetachUserPolicy", UndoWith: "{UserName: input.UserName, PolicyArn: input.PolicyArn}", unless: attached(true)},
	"iam DetachUserPolicy": {Kind: "user", foretell: policyForetold(false), Read: "ListAttachedUserPolicies", With: "{UserName: UserName}", Sets: map[string]string{"UserName": "-", "PolicyArn": "-"}, Unwaited: "it is everywhere within seconds, and AWS does not say when", Undo: "AttachUserPolicy", UndoWith: "{UserName: input.UserName, PolicyArn: input.PolicyArn}", unless: attached(false)},
	"iam PutRolePolicy":    {Kind: "role", Read: "GetRolePolicy", With: "{RoleName: RoleName, PolicyName: PolicyName}", Sets: map[string]string{"RoleName": "-", "PolicyName": "-"}, Unwaited: "it is everywhere within seconds, and AWS does not say when", Restores: true, Undo: "DeleteRolePolicy", UndoWith: "{RoleName: input.RoleName, PolicyName: input.PolicyName}"},
	"iam UpdateAccessKey":  {Kind: "access key", Read: "ListAccessKeys", With: "{UserName: UserName}", At: "AccessKeyMetadata[?AccessKeyId=={AccessKeyId}] | [0]", Shows: []string{"Status"}, Sets: map[string]string{"UserName": "-", "AccessKeyId": "-"}, Unwaited: atOnce, Restores: true},
	"iam CreateAccessKey":  {Kind: "user", Read: "ListAccessKeys", With: "{UserName: UserName}", Sets: map[string]string{"UserName": "-"}, Unwaited: atOnce, Unback: "aws iam delete-access-key with the id that it returns"},
	"iam DeleteAccessKey":  {Kind: "access key", Read: "ListAccessKeys", With: "{UserName: UserName}", At: "AccessKeyMetadata[?AccessKeyId=={AccessKeyId}] | [0]", Deletes: true, Unwaited: atOnce, Unback: "AWS cannot bring a deleted key back: create another one"},
}

var changesOfStacks = map[string]Change{
	"cloudformation CreateStack":     {Kind: "stack", Read: "DescribeStacks", With: "{StackName: StackName}", At: "Stacks[0]", Waiter: "StackCreateComplete", WaitWith: "{StackName: StackName}", Sets: map[string]string{"TemplateBody": "-", "TemplateURL": "-", "StackName": "-", "Parameters": "-", "Tags": "-"}, Undo: "DeleteStack", UndoWith: "{StackName: input.StackName}"},
	"cloudformation UpdateStack":     {Kind: "stack", Read: "DescribeStacks", With: "{StackName: StackName}", At: "Stacks[0]", Waiter: "StackUpdateComplete", WaitWith: "{StackName: StackName}", Sets: map[string]string{"TemplateBody": "-", "TemplateURL": "-", "StackName": "-", "UsePreviousTemplate": "-", "Parameters": "-", "Tags": "-"}, Unback: "the same call with the template and the parameters from before"},
	"cloudformation DeleteStack":     {Kind: "stack", Read: "DescribeStacks", With: "{StackName: StackName}", At: "Stacks[0]", Deletes: true, Waiter: "StackDeleteComplete", WaitWith: "{StackName: StackName}", Unback: gone},
	"cloudformation CreateChangeSet": {Kind: "change set", Read: "DescribeChangeSet", With: "{StackName: StackName, ChangeSetName: ChangeSetName}", Waiter: "ChangeSetCreateComplete", WaitWith: "{StackName: StackName, ChangeSetName: ChangeSetName}", Sets: map[string]string{"TemplateBody": "-", "TemplateURL": "-", "StackName": "-", "UsePreviousTemplate": "-", "ChangeSetType": "-", "ChangeSetName": "-", "Parameters": "-"}, Undo: "DeleteChangeSet", UndoWith: "{StackName: input.StackName, ChangeSetName: input.ChangeSetName}"},
	"cloudformation ExecuteChangeSet": { // a change set is gone when it is carried out: its stack tells how far that is
		Kind: "stack", Read: "DescribeStacks", With: "{StackName: StackName}", At: "Stacks[0]", Sets: map[string]string{"StackName": "-", "ChangeSetName": "-", "DisableRollback": "-"}, Shows: []string{"StackStatus"},
		Until: "ends_with(StackStatus, '_COMPLETE') || ends_with(StackStatus, '_FAILED')", Unback: "a change set of the stack as it was before",
	},
}
