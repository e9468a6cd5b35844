// Package knowledge is what is known of AWS's operations beyond their models: what each
// does to the world, how its answer is read, what to say of it.
package knowledge

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/aws/iam"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Operation is what is known of one operation.
type Operation struct {
	Service, Name string
	Effect        procedures.Effect
	Actions       []string // IAM actions
	Price         float64  // US dollars a request
	Slow          bool     // it answers before it is done
	Secret        bool     // its answer reveals a secret
	Unordered     string   // the list in its answer whose order is not promised
	rule          verdictRule
	sentence      string
	resource      string // the member that names what it changes
}

// verdictRule judges an answer; nil where there is nothing to judge.
type verdictRule func(q answered) *procedures.Judgement

// answered is what a reading sees.
type answered struct {
	input  *document.Object
	answer *document.Object
	now    time.Time
	// variable looks one of the script up, for limits; nil where there are none.
	variable func(name string) (string, bool)
}

var entries sync.Map // "service Operation" → Entry

// Of returns what is known of an operation, by the models' names. What is not known is a change.
func Of(service, operation string) Operation {
	key := service + " " + operation
	if e, ok := entries.Load(key); ok {
		return e.(Operation)
	}
	e := overlay[key]
	e.Service, e.Name = service, operation
	var level iam.Level
	if s, err := models.Load(service); err == nil && s.Operation(operation) != nil {
		op := s.Operation(operation)
		action, found := iam.Action(s, op)
		level = found
		if action != "" {
			e.Actions = []string{action}
		}
		if e.resource == "" {
			e.resource = resourceMember(op)
		}
	}
	if e.Effect == "" {
		e.Effect = effectOf(operation, level)
	}
	if service == "ce" {
		e.Price = 0.01 // https://aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing/
	}
	entries.Store(key, e)
	return e
}

var (
	destroys = regexp.MustCompile(`^(Delete|Terminate|Purge|Deregister|Remove|Revoke|Cancel|Release|Disassociate|Destroy|Abort|Disable|Detach|Drop|Reject|Reset|Stop|Schedule\w*Deletion)`)
	asks     = regexp.MustCompile(`^(List|Describe|Head)[A-Z]`)
	reads    = regexp.MustCompile(`^(List|Describe|Get|Head|Lookup|Search|Query|Scan|BatchGet|Select|Filter|Count|Estimate|Preview|Validate|Test|Simulate|Check|Discover|View|Detect|Poll)`)
)

// effectOf tells the effect by the access level, and by the verb where a level is not known or does not tell.
func effectOf(operation string, level iam.Level) procedures.Effect {
	switch {
	case level == iam.Read || level == iam.List, asks.MatchString(operation): // some that only ask are listed as permissions management
		return procedures.EffectRead
	case destroys.MatchString(operation):
		return procedures.EffectDestroy
	case level == iam.Unknown && reads.MatchString(operation):
		return procedures.EffectRead
	}
	return procedures.EffectChange
}

// overlay is what neither the models nor the access levels tell.
var overlay = map[string]Operation{
	"lambda GetFunction":                        {rule: readFunction},
	"lambda GetFunctionConfiguration":           {rule: readFunction},
	"lambda UpdateFunctionConfiguration":        {Slow: true, sentence: "Changes the configuration of the function {FunctionName}{MemorySize:: memory to %s MB}{Timeout:, timeout to %s s}"},
	"lambda UpdateFunctionCode":                 {Slow: true, sentence: "Replaces the code of the function {FunctionName}"},
	"lambda Invoke":                             {Effect: procedures.EffectChange, sentence: "Invokes the function {FunctionName}"},
	"dynamodb DescribeTable":                    {rule: readTable},
	"dynamodb ListBackups":                      {rule: readBackups, Unordered: "BackupSummaries"},
	"dynamodb DescribeBackup":                   {rule: readBackup},
	"dynamodb CreateBackup":                     {Slow: true, sentence: "Creates the backup {BackupName} of the table {TableName}", resource: "TableName"},
	"dynamodb RestoreTableFromBackup":           {Slow: true, sentence: "Restores the backup {BackupArn} into the new table {TargetTableName}", resource: "TargetTableName"},
	"dynamodb UpdateTable":                      {Slow: true, sentence: "Changes the table {TableName}{BillingMode: to the billing mode %s}"},
	"dynamodb DeleteTable":                      {Slow: true, sentence: "Deletes the table {TableName} and all its items"},
	"dynamodb PutItem":                          {Effect: procedures.EffectChange},
	"cloudwatch DescribeAlarms":                 {rule: readAlarms},
	"cloudwatch GetMetricStatistics":            {rule: readStatistics, Unordered: "Datapoints"},
	"cloudwatch DescribeAlarmHistory":           {rule: readHistory},
	"cloudwatch GetDashboard":                   {rule: readDashboard},
	"cloudwatch PutDashboard":                   {sentence: "Replaces the dashboard {DashboardName}"},
	"logs FilterLogEvents":                      {rule: readLogEvents},
	"iam GenerateCredentialReport":              {Effect: procedures.EffectRead, Slow: true, rule: readReportState},
	"iam GetCredentialReport":                   {rule: readCredentialReport},
	"ecr DescribeImageScanFindings":             {rule: readFindings},
	"cloudtrail LookupEvents":                   {rule: readTrail},
	"ce GetCostAndUsage":                        {rule: readCost},
	"ce GetAnomalies":                           {rule: readAnomalies},
	"ce GetReservationPurchaseRecommendation":   {rule: readReservations},
	"s3 ListObjects":                            {rule: readObjects},
	"s3 ListObjectsV2":                          {rule: readObjects},
	"cloudfront GetDistribution":                {rule: readDistribution},
	"s3 GetBucketPolicyStatus":                  {rule: readPolicyStatus},
	"s3 GetPublicAccessBlock":                   {rule: readAccessBlock},
	"support DescribeTrustedAdvisorCheckResult": {rule: readAdvisor, Effect: procedures.EffectRead},
	"support DescribeTrustedAdvisorChecks":      {Effect: procedures.EffectRead},
	"events ListRules":                          {rule: readRules},
	"apigateway UpdateStage":                    {sentence: "Changes the stage {stageName} of the REST API {restApiId}", resource: "restApiId"},
	"ecs UpdateService":                         {Slow: true, sentence: "Changes the service {service} of the cluster {cluster}{desiredCount: to %s tasks}"},
	"ec2 StopInstances":                         {Effect: procedures.EffectDestroy, Slow: true, sentence: "Stops the instances {InstanceIds}"},
	"ec2 StartInstances":                        {Slow: true, sentence: "Starts the instances {InstanceIds}"},
	"ec2 RebootInstances":                       {Slow: true, sentence: "Reboots the instances {InstanceIds}"},
	"ec2 TerminateInstances":                    {Slow: true, sentence: "Terminates the instances {InstanceIds}: their disks may be lost"},
	"rds ModifyDBInstance":                      {Slow: true, sentence: "Changes the database {DBInstanceIdentifier}"},
	"rds RebootDBInstance":                      {Slow: true, sentence: "Reboots the database {DBInstanceIdentifier}"},
	"rds FailoverDBCluster":                     {Slow: true, sentence: "Fails the database cluster {DBClusterIdentifier} over"},
	"autoscaling SetDesiredCapacity":            {Slow: true, sentence: "Sets the desired capacity of the group {AutoScalingGroupName} to {DesiredCapacity}"},
	"secretsmanager GetSecretValue":             {Secret: true},
	"secretsmanager BatchGetSecretValue":        {Secret: true},
	"secretsmanager GetRandomPassword":          {Secret: true},
	"ssm GetParameter":                          {Secret: true},
	"ssm GetParameters":                         {Secret: true},
	"ssm GetParametersByPath":                   {Secret: true},
	"kms Decrypt":                               {Secret: true},
	"sts AssumeRole":                            {Secret: true, Effect: procedures.EffectRead},
	"sts GetSessionToken":                       {Secret: true, Effect: procedures.EffectRead},
	"ecr GetAuthorizationToken":                 {Secret: true, Effect: procedures.EffectRead},
	"iam CreateAccessKey":                       {Secret: true},
	"sqs PurgeQueue":                            {sentence: "Deletes all messages of the queue {QueueUrl}"},
	"sqs ReceiveMessage":                        {Effect: procedures.EffectChange},
	"cloudformation DeleteStack":                {Slow: true, sentence: "Deletes the stack {StackName} and everything in it"},
	"route53 ChangeResourceRecordSets":          {Slow: true, sentence: "Changes records of the hosted zone {HostedZoneId}", resource: "HostedZoneId"},
	"cloudfront CreateInvalidation":             {Slow: true, sentence: "Invalidates cached pages of the distribution {DistributionId}", resource: "DistributionId"},
	"logs StartQuery":                           {Effect: procedures.EffectRead},
	"athena StartQueryExecution":                {Effect: procedures.EffectChange},
	"cloudformation ValidateTemplate":           {Effect: procedures.EffectRead},
	"iam SimulatePrincipalPolicy":               {Effect: procedures.EffectRead},
	"sts GetCallerIdentity":                     {Effect: procedures.EffectRead},
	"sts DecodeAuthorizationMessage":            {Effect: procedures.EffectRead},
}

// resourceMember guesses the member that names what an operation works on: the first required
// one that ends in a name's word, else the first required string.
func resourceMember(op *models.Operation) string {
	if op.Input == nil {
		return ""
	}
	first := ""
	for _, name := range op.Input.Required {
		m := op.Input.Member(name)
		if m.Shape.Type != models.TypeString && m.Shape.Type != models.TypeList {
			continue
		}
		lower := strings.ToLower(name)
		for _, word := range []string{"name", "identifier", "id", "arn", "ids", "bucket", "url", "cluster", "service", "key"} {
			if strings.HasSuffix(lower, word) {
				return name
			}
		}
		if first == "" {
			first = name
		}
	}
	return first
}

// Resource is the name of what a call changes, "" where it is not known.
func (e Operation) Resource(input *document.Object) string { return textOf(input, e.resource) }

func textOf(input *document.Object, name string) string {
	v, _ := input.Get(name)
	switch v := v.(type) {
	case nil:
		return ""
	case document.List:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = fmt.Sprint(item)
		}
		return strings.Join(parts, ", ")
	case *document.Object:
		return ""
	}
	return fmt.Sprint(v)
}

var blank = regexp.MustCompile(`\{(\w+)(?::([^}]*))?\}`)

// Sentence is one sentence about what a call does, with its values.
func (e Operation) Sentence(input *document.Object) string {
	if e.sentence == "" {
		return e.generic(input)
	}
	return blank.ReplaceAllStringFunc(e.sentence, func(part string) string {
		m := blank.FindStringSubmatch(part)
		value := textOf(input, m[1])
		switch {
		case m[2] == "":
			return value
		case value == "":
			return ""
		}
		return strings.ReplaceAll(m[2], "%s", value)
	}) + "."
}

var words = regexp.MustCompile(`[A-Z]+[a-z0-9]*`)

// generic makes a sentence of an operation's name: "Modify db instance orders-1."
func (e Operation) generic(input *document.Object) string {
	parts := words.FindAllString(e.Name, -1)
	for i := range parts {
		if i > 0 {
			parts[i] = strings.ToLower(parts[i])
		}
	}
	sentence := strings.Join(parts, " ")
	if r := e.Resource(input); r != "" {
		sentence += " " + r
	}
	return sentence + "."
}

// Judge judges an answer as the operation's default reading does; without one it says what the answer has, and is nil
// where there is nothing to say. variable looks one of the script up, which may set a limit; it may be nil.
// A hostile answer is judged as one without data and never panics.
func (e Operation) Judge(input *document.Object, answer document.Value, now time.Time, variable func(string) (string, bool)) *procedures.Judgement {
	o, _ := answer.(*document.Object)
	q := answered{input, o, now, variable}
	if e.rule == nil {
		return e.plain(q)
	}
	if o == nil {
		return nil
	}
	return e.rule(q)
}

func judge(v procedures.Verdict, format string, args ...any) *procedures.Judgement {
	return &procedures.Judgement{Verdict: v, Reason: fmt.Sprintf(format, args...)}
}

// Keys lists the operations of the overlay, of the finders and of the limits, for the test that walks it against the models.
func Keys() []string {
	out := make([]string, 0, len(overlay))
	for k := range overlay {
		out = append(out, k)
	}
	for k := range resourceRules {
		out = append(out, k)
	}
	for k := range thresholdTable {
		out = append(out, k)
	}
	return out
}

// JudgeError judges an error: most are errors, some are answers.
func JudgeError(command, code, message string) procedures.Judgement {
	j := procedures.Judgement{Verdict: procedures.Errored, Reason: fmt.Sprintf("%s: %s", code, message)}
	switch {
	case code == "ReportInProgress":
		j.Verdict, j.Reason = procedures.NoData, "The report is still being made."
		j.Advice = "Wait a few seconds, then run the step again."
	case code == "ResourceNotFound" && command == "cloudwatch get-dashboard":
		j.Verdict, j.Reason = procedures.NoData, "There is no dashboard of this name."
	case code == "ReportNotPresent" || code == "ReportExpired":
		j.Verdict, j.Reason = procedures.NoData, "There is no report: none was asked for in the last four hours."
		j.Advice = "Ask for one with aws iam generate-credential-report, wait until its State is COMPLETE, then run the step again."
	case code == "ResourceInUseException" || code == "ResourceConflictException" || code == "TableInUseException" || code == "BackupInUseException":
		j.Advice = "Another change of it is not over yet: wait until it is, then run the step again."
	case code == "NoSuchBucketPolicy" && strings.HasPrefix(command, "s3api get-bucket-policy"):
		j.Verdict, j.Reason = procedures.Passed, "The bucket has no policy, so none makes it public."
	case code == "NoSuchPublicAccessBlockConfiguration":
		j.Verdict, j.Reason = procedures.Warned, "A bucket does not block public access itself."
		j.Advice = "The account's own block may do it for every bucket: aws s3control get-public-access-block says so."
	case code == "SubscriptionRequiredException":
		j.Verdict, j.Reason = procedures.Unavailable, message
		j.Advice = "Trusted Advisor's API needs a Business, Enterprise On-Ramp or Enterprise Support plan: https://aws.amazon.com/premiumsupport/plans/"
	case strings.Contains(code, "AccessDenied") || code == "UnauthorizedOperation" || code == "AuthorizationError":
		j.Advice = "The identity lacks a permission: the message names the action; add it to the identity's policy."
	case strings.Contains(code, "ExpiredToken") || code == "RequestExpired" || code == "TokenRefreshRequired":
		j.Advice = "The credentials have expired: renew them (aws sso login, or aws login), then run the step again."
	case strings.Contains(code, "Throttl") || code == "SlowDown" || strings.Contains(code, "TooManyRequests") || code == "RequestLimitExceeded":
		j.Advice = "AWS refuses this many requests for now: wait a minute, then run the step again."
	case code == "SandboxNotImplemented":
		j.Verdict, j.Advice = procedures.Unavailable, "Run it on a real account."
	case code == "InvalidClientTokenId" || code == "UnrecognizedClientException" || code == "InvalidAccessKeyId":
		j.Advice = "AWS does not know this access key: check the environment's profile."
	}
	return j
}
