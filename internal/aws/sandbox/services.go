package sandbox

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

var costHandlers = map[string]handler{
	"ce GetCostAndUsage": getCost, "ce GetAnomalies": getAnomalies, "ce GetReservationPurchaseRecommendation": getReservations,
}

var billed = []struct {
	service string
	daily   float64 // US dollars
}{{"AWS Lambda", 18.4}, {"Amazon API Gateway", 9.7}, {"Amazon CloudFront", 31.2}, {"Amazon DynamoDB", 52.6}, {"Amazon Simple Storage Service", 22.1}, {"AmazonCloudWatch", 14.9}}

func money(x float64) *document.Object {
	return obj("Amount", strconv.FormatFloat(round(x, 10), 'f', -1, 64), "Unit", "USD")
}

func getCost(_ *Sandbox, r *request) (*document.Object, error) {
	period := member(r.input, "TimePeriod")
	from, errFrom := time.Parse("2006-01-02", text(period, "Start"))
	to, errTo := time.Parse("2006-01-02", text(period, "End"))
	if errFrom != nil || errTo != nil || !from.Before(to) {
		return nil, refuse(http.StatusBadRequest, "ValidationException", "Start date (and hour) should be before end date (and hour)")
	}
	next := func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }
	if text(r.input, "Granularity") == "MONTHLY" {
		next = func(t time.Time) time.Time { return time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC) }
	}
	groupBy, metrics := objects(r.input, "GroupBy"), texts(r.input, "Metrics")
	for _, g := range groupBy {
		if kind := text(g, "Type"); kind != "DIMENSION" && kind != "TAG" && kind != "COST_CATEGORY" || text(g, "Key") == "" {
			return nil, refuse(http.StatusBadRequest, "ValidationException", "1 validation error detected: Value '%s' at 'groupBy.1.member.type' failed to satisfy constraint: Member must satisfy enum value set: [COST_CATEGORY, TAG, DIMENSION]", kind)
		}
	}
	results := document.List{}
	for at := from; at.Before(to); at = next(at) {
		end := next(at)
		if end.After(to) {
			end = to
		}
		days := end.Sub(at).Hours() / 24
		groups, total := document.List{}, 0.0
		for _, b := range billed {
			wobble := float64(hash32(b.service, at.Format("2006-01-02"))%200)/1000 - 0.1
			amount := b.daily * days * (1 + wobble)
			total += amount
			groups = append(groups, obj("Keys", document.List{b.service}, "Metrics", metricsOf(metrics, amount)))
		}
		result := obj("TimePeriod", obj("Start", at.Format("2006-01-02"), "End", end.Format("2006-01-02")), "Total", &document.Object{}, "Groups", groups, "Estimated", r.now.Sub(end) < 72*time.Hour)
		if len(groupBy) == 0 {
			result.Set("Total", metricsOf(metrics, total))
			result.Set("Groups", document.List{})
		}
		results = append(results, result)
	}
	definitions := document.List{}
	for _, g := range groupBy {
		definitions = append(definitions, obj("Type", text(g, "Type"), "Key", text(g, "Key")))
	}
	out := obj("ResultsByTime", results, "DimensionValueAttributes", document.List{})
	if len(definitions) > 0 {
		out = obj("GroupDefinitions", definitions, "ResultsByTime", results, "DimensionValueAttributes", document.List{})
	}
	return out, nil
}

func metricsOf(names []string, amount float64) *document.Object {
	o := &document.Object{}
	for _, name := range names {
		o.Set(name, money(amount))
	}
	return o
}

func getAnomalies(s *Sandbox, r *request) (*document.Object, error) {
	out := document.List{}
	if s.world.Faults["cost-anomaly"] {
		day := func(n int) string { return r.now.AddDate(0, 0, -n).Format("2006-01-02") + "T00:00:00Z" }
		out = append(out, obj(
			"AnomalyId", uuid("anomaly"), "AnomalyStartDate", day(2), "AnomalyEndDate", day(1), "DimensionValue", "Amazon DynamoDB",
			"RootCauses", document.List{obj("Service", "Amazon DynamoDB", "Region", region, "LinkedAccount", accountID, "UsageType", "ReadCapacityUnit-Hrs")},
			"AnomalyScore", obj("MaxScore", 0.91, "CurrentScore", 0.84), "Impact", obj("MaxImpact", 143.2, "TotalImpact", 211.75, "TotalActualSpend", 317.4, "TotalExpectedSpend", 105.65, "TotalImpactPercentage", 200.43),
			"MonitorArn", fmt.Sprintf("arn:aws:ce::%s:anomalymonitor/%s", accountID, uuid("monitor")),
		))
	}
	return obj("Anomalies", out), nil
}

func getReservations(_ *Sandbox, r *request) (*document.Object, error) {
	return obj("Metadata", obj("RecommendationId", uuid("recommendation"), "GenerationTimestamp", r.now.Truncate(24*time.Hour).Format(time.RFC3339)), "Recommendations", document.List{}), nil
}

var cloudfrontHandlers = map[string]handler{"cloudfront GetDistribution": getDistribution, "cloudfront ListDistributions": listDistributions, "cloudfront CreateInvalidation": createInvalidation}

// distributionID is the estate's CloudFront distribution.
const distributionID = "E2EXAMPLE1"

func (s *Sandbox) distribution() *document.Object {
	status := "Deployed"
	if s.world.Faults["not-deployed"] {
		status = "InProgress"
	}
	origin := estate + "-site-production.s3." + region + ".amazonaws.com"
	return obj(
		"Id", distributionID, "ARN", fmt.Sprintf("arn:aws:cloudfront::%s:distribution/%s", accountID, distributionID), "Status", status, "LastModifiedTime", s.world.Born.AddDate(0, 0, -6), "InProgressInvalidationBatches", int64(0),
		"DomainName", "d111111abcdef8.cloudfront.net", "ActiveTrustedSigners", obj("Enabled", false, "Quantity", int64(0)), "ActiveTrustedKeyGroups", obj("Enabled", false, "Quantity", int64(0)),
		"DistributionConfig", obj(
			"CallerReference", estate, "Aliases", obj("Quantity", int64(1), "Items", document.List{"www." + estate + ".com"}), "DefaultRootObject", "index.html",
			"Origins", obj("Quantity", int64(1), "Items", document.List{obj("Id", "site", "DomainName", origin, "OriginPath", "", "ConnectionAttempts", int64(3), "ConnectionTimeout", int64(10))}),
			"DefaultCacheBehavior", obj("TargetOriginId", "site", "ViewerProtocolPolicy", "redirect-to-https", "Compress", true), "Comment", "", "PriceClass", "PriceClass_100", "Enabled", true, "HttpVersion", "http2", "IsIPV6Enabled", true,
		),
	)
}

func getDistribution(s *Sandbox, r *request) (*document.Object, error) {
	if text(r.input, "Id") != distributionID {
		return nil, refuse(http.StatusNotFound, "NoSuchDistribution", "The specified distribution does not exist.")
	}
	return obj("ETag", "E3EXAMPLETAG", "Distribution", s.distribution()), nil
}

func listDistributions(s *Sandbox, _ *request) (*document.Object, error) {
	d := s.distribution()
	config := member(d, "DistributionConfig")
	summary := obj("Id", distributionID, "ARN", text(d, "ARN"), "Status", text(d, "Status"), "LastModifiedTime", s.world.Born.AddDate(0, 0, -6), "DomainName", text(d, "DomainName"), "Aliases", member(config, "Aliases"), "Origins", member(config, "Origins"),
		"DefaultCacheBehavior", member(config, "DefaultCacheBehavior"), "Comment", "", "PriceClass", "PriceClass_100", "Enabled", true, "HttpVersion", "http2", "IsIPV6Enabled", true)
	return obj("DistributionList", obj("Marker", "", "MaxItems", int64(100), "IsTruncated", false, "Quantity", int64(1), "Items", document.List{summary})), nil
}

func createInvalidation(s *Sandbox, r *request) (*document.Object, error) {
	if text(r.input, "DistributionId") != distributionID {
		return nil, refuse(http.StatusNotFound, "NoSuchDistribution", "The specified distribution does not exist.")
	}
	s.touch(r, distributionID, "AWS::CloudFront::Distribution")
	return obj("Location", fmt.Sprintf("https://cloudfront.amazonaws.com/2020-05-31/distribution/%s/invalidation/I%d", distributionID, s.world.Serial), "Invalidation", obj("Id", fmt.Sprintf("I%d", s.world.Serial), "Status", "InProgress", "CreateTime", r.now, "InvalidationBatch", member(r.input, "InvalidationBatch"))), nil
}

var supportHandlers = map[string]handler{"support DescribeTrustedAdvisorChecks": advisorChecks, "support DescribeTrustedAdvisorCheckResult": advisorResult}

var checks = []struct{ id, name, category string }{
	{"HCP4007jGY", "Security Groups - Specific Ports Unrestricted", "security"}, {"1iG5NDGVre", "Security Groups - Unrestricted Access", "security"}, {"Pfx0RwqBli", "Amazon S3 Bucket Permissions", "security"},
	{"7DAFEmoDos", "MFA on Root Account", "security"}, {"DqdJqYeRm5", "IAM Access Key Rotation", "security"}, {"Qch7DwouX1", "Low Utilization Amazon EC2 Instances", "cost_optimizing"}, {"eW7HH0l7J9", "Service Limits", "service_limits"},
}

func (s *Sandbox) supportPlan() error {
	if s.world.Faults["no-support-plan"] {
		return refuse(http.StatusBadRequest, "SubscriptionRequiredException", "Amazon Web Services Premium Support Subscription is required to use this service.")
	}
	return nil
}

func advisorChecks(s *Sandbox, _ *request) (*document.Object, error) {
	if err := s.supportPlan(); err != nil {
		return nil, err
	}
	out := document.List{}
	for _, c := range checks {
		out = append(out, obj("id", c.id, "name", c.name, "description", c.name+".", "category", c.category, "metadata", document.List{"Region", "Resource", "Status"}))
	}
	return obj("checks", out), nil
}

func advisorResult(s *Sandbox, r *request) (*document.Object, error) {
	if err := s.supportPlan(); err != nil {
		return nil, err
	}
	id, found := text(r.input, "checkId"), false
	for _, c := range checks {
		found = found || c.id == id
	}
	if !found {
		return nil, refuse(http.StatusBadRequest, "InvalidParameterValueException", "Invalid parameter value for checkId: %s", id)
	}
	status, flagged, resources := "ok", int64(0), document.List{}
	if s.world.Faults["advisor-red"] && id == "7DAFEmoDos" {
		status, flagged = "error", 1
		resources = document.List{obj("status", "error", "region", "-", "resourceId", hash128("root"), "isSuppressed", false, "metadata", document.List{"-", "root", "Red"})}
	}
	return obj("result", obj("checkId", id, "timestamp", r.now.Truncate(time.Hour).Format(time.RFC3339), "status", status,
		"resourcesSummary", obj("resourcesProcessed", int64(12), "resourcesFlagged", flagged, "resourcesIgnored", int64(0), "resourcesSuppressed", int64(0)),
		"categorySpecificSummary", obj("costOptimizing", obj("estimatedMonthlySavings", 0.0, "estimatedPercentMonthlySavings", 0.0)), "flaggedResources", resources)), nil
}

var eventsHandlers = map[string]handler{"events ListRules": listRules, "events DescribeRule": describeRule}

func (s *Sandbox) rules() []*document.Object {
	state := "ENABLED"
	if s.world.Faults["rule-disabled"] {
		state = "DISABLED"
	}
	rule := func(name, about, schedule, state string) *document.Object {
		return obj("Name", name, "Arn", fmt.Sprintf("arn:aws:events:%s:%s:rule/%s", region, accountID, name), "State", state, "Description", about, "ScheduleExpression", schedule, "EventBusName", "default")
	}
	return []*document.Object{
		rule(estate+"-backup-daily", "Backs the table up", "cron(30 2 * * ? *)", state), rule(estate+"-backup-weekly", "Copies the data bucket", "cron(0 3 ? * SUN *)", "ENABLED"), rule(estate+"-discovery", "Starts discovery", "rate(1 hour)", "ENABLED"),
	}
}

func listRules(s *Sandbox, r *request) (*document.Object, error) {
	out := document.List{}
	for _, rule := range s.rules() {
		if strings.HasPrefix(text(rule, "Name"), text(r.input, "NamePrefix")) {
			out = append(out, rule)
		}
	}
	return obj("Rules", out), nil
}

func describeRule(s *Sandbox, r *request) (*document.Object, error) {
	for _, rule := range s.rules() {
		if text(rule, "Name") == text(r.input, "Name") {
			return rule, nil
		}
	}
	return nil, refuse(http.StatusBadRequest, "ResourceNotFoundException", "Rule %s does not exist on EventBus default.", text(r.input, "Name"))
}

var apigatewayHandlers = map[string]handler{"apigateway GetRestApis": getRestAPIs, "apigateway GetRestApi": getRestAPI, "apigateway GetStage": getStage, "apigateway GetStages": getStages, "apigateway UpdateStage": updateStage}

func (s *Sandbox) restAPI() *document.Object {
	return obj("id", apiID, "name", estate+"-api-production", "createdDate", s.world.Tables[estate+"-topology"].created(), "apiKeySource", "HEADER", "endpointConfiguration", obj("types", document.List{"REGIONAL"}), "disableExecuteApiEndpoint", false, "rootResourceId", "k9x8y7z6w5")
}

func getRestAPIs(s *Sandbox, _ *request) (*document.Object, error) {
	return obj("items", document.List{s.restAPI()}), nil
}

func getRestAPI(s *Sandbox, r *request) (*document.Object, error) {
	if text(r.input, "restApiId") != apiID {
		return nil, refuse(http.StatusNotFound, "NotFoundException", "Invalid API identifier specified %s:%s", accountID, text(r.input, "restApiId"))
	}
	return s.restAPI(), nil
}

func (s *Sandbox) stage(r *request) (*stage, error) {
	api := text(r.input, "restApiId")
	if api != apiID {
		return nil, refuse(http.StatusNotFound, "NotFoundException", "Invalid API identifier specified %s:%s", accountID, api)
	}
	st := s.world.Stages[api+"/"+text(r.input, "stageName")]
	if st == nil {
		return nil, refuse(http.StatusNotFound, "NotFoundException", "Invalid stage identifier specified")
	}
	return st, nil
}

func (st *stage) document() *document.Object {
	settings := obj("*/*", obj("metricsEnabled", true, "loggingLevel", "ERROR", "dataTraceEnabled", false, "throttlingBurstLimit", st.Burst, "throttlingRateLimit", st.Rate, "cachingEnabled", false, "cacheTtlInSeconds", int64(300), "cacheDataEncrypted", false))
	return obj("deploymentId", "d4e5f6", "stageName", st.Name, "cacheClusterEnabled", false, "cacheClusterStatus", "NOT_AVAILABLE", "methodSettings", settings, "tracingEnabled", true, "createdDate", st.Created, "lastUpdatedDate", st.Updated)
}

func getStage(s *Sandbox, r *request) (*document.Object, error) {
	st, err := s.stage(r)
	if err != nil {
		return nil, err
	}
	return st.document(), nil
}

func getStages(s *Sandbox, _ *request) (*document.Object, error) {
	return obj("item", list(sorted(s.world.Stages), func(st *stage) any { return st.document() })), nil
}

// updateStage takes the throttling limits of all methods: the account's quota is a rate of 10,000 and a burst of 5,000.
func updateStage(s *Sandbox, r *request) (*document.Object, error) {
	st, err := s.stage(r)
	if err != nil {
		return nil, err
	}
	burst, rate := st.Burst, st.Rate
	for _, op := range objects(r.input, "patchOperations") {
		value, path := text(op, "value"), text(op, "path")
		n, err := strconv.ParseFloat(value, 64)
		switch {
		case path != "/*/*/throttling/burstLimit" && path != "/*/*/throttling/rateLimit":
			return nil, refuse(http.StatusBadRequest, "BadRequestException", "Invalid patch path '%s' specified for op '%s'. Must be one of: [/*/*/throttling/burstLimit, /*/*/throttling/rateLimit, /description, /deploymentId, /variables/<variable_name>, /{resourcePath}/{httpMethod}/throttling/burstLimit, /tracingEnabled]", path, text(op, "op"))
		case err != nil || n < 0:
			return nil, refuse(http.StatusBadRequest, "BadRequestException", "Invalid value '%s' specified for %s", value, path)
		case strings.HasSuffix(path, "burstLimit"):
			burst = int64(n)
		default:
			rate = n
		}
	}
	st.Burst, st.Rate, st.Updated = burst, rate, r.now
	s.touch(r, st.API+"/"+st.Name, "AWS::ApiGateway::Stage")
	return st.document(), nil
}
