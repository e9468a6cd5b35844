package knowledge_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// line is a finding in one line: "warn User oncall: has no MFA [MFA=no]".
func line(f procedures.ResourceVerdict) string {
	var facts []string
	for _, fact := range f.Facts {
		facts = append(facts, fact.Name+"="+fact.Value)
	}
	return fmt.Sprintf("%s %s %s: %s [%s]", f.Verdict, f.Kind, f.Name, f.Reason, strings.Join(facts, " "))
}

func lines(all []procedures.ResourceVerdict) []string {
	var out []string
	for _, f := range all {
		out = append(out, line(f))
	}
	return out
}

func find(t *testing.T, key, input, answer string, variables map[string]string) []procedures.ResourceVerdict {
	t.Helper()
	service, operation, _ := strings.Cut(key, " ")
	return knowledge.Of(service, operation).ResourceVerdicts(parsed(t, input), parsed(t, answer), now, func(name string) (string, bool) { v, ok := variables[name]; return v, ok })
}

func TestFindings(t *testing.T) {
	cases := []struct {
		name, key, input, answer string
		variables                map[string]string
		want                     []string
	}{
		{"users", "iam GetCredentialReport", `{}`, report(rootFine, userFine,
			"oncall,true,2026-11-23T12:02:00+00:00,false,false,N/A,N/A",
			"old,false,N/A,false,true,2025-10-20T08:02:00+00:00,2026-05-01T08:02:00+00:00",
			"fresh,true,no_information,true,true,2026-11-20T08:02:00+00:00,N/A",
			"away,true,2026-04-01T08:02:00+00:00,true,false,N/A,N/A"), nil, []string{
			"pass User <root_account>:  [Console=used 153 days ago MFA=yes Access keys=none]",
			"pass User deploy:  [Console=none MFA=no Access keys=41 days old, used 3 h ago]",
			"warn User oncall: has a console password and no MFA [Console=used 20 h ago MFA=no Access keys=none]",
			"warn User old: has a key of 400 days, has a key that was not used for 207 days [Console=none MFA=no Access keys=400 days old, used 207 days ago]",
			"warn User fresh: has a key that was never used, has a console password that was never used [Console=never used MFA=yes Access keys=4 days old, never used]",
			"warn User away: has a console password that was not used for 237 days [Console=used 237 days ago MFA=yes Access keys=none]",
		}},
		{"users, by the page's limits", "iam GetCredentialReport", `{}`, report(rootFine, userFine), map[string]string{"OPSBOOK_KEY_DAYS": "30", "OPSBOOK_IDLE_DAYS": "0.1"}, []string{
			"pass User <root_account>:  [Console=used 153 days ago MFA=yes Access keys=none]",
			"warn User deploy: has a key of 41 days, has a key that was not used for 3 h [Console=none MFA=no Access keys=41 days old, used 3 h ago]",
		}},
		{"a root key", "iam GetCredentialReport", `{}`, report("<root_account>,not_supported,no_information,false,true,2024-11-24T08:02:00+00:00,N/A"), nil, []string{
			"fail User <root_account>: has an access key, has no MFA [Console=never used MFA=no Access keys=730 days old, never used]",
		}},
		{"no report", "iam GetCredentialReport", `{}`, `{"Content":"!"}`, nil, nil},
		{"vulnerabilities", "ecr DescribeImageScanFindings", `{}`, `{"imageScanFindings":{"findings":[
			{"name":"CVE-1","severity":"LOW","description":"low"},
			{"name":"CVE-2","severity":"CRITICAL","description":"bad","attributes":[{"key":"package_name","value":"openssl"},{"key":"package_version","value":"3.0"}]},
			{"name":"CVE-3","severity":"HIGH"}, 7],
			"enhancedFindings":[{"severity":"HIGH","title":"t","packageVulnerabilityDetails":{"vulnerabilityId":"CVE-4","vulnerablePackages":[{"name":"zlib","version":"1","fixedInVersion":"2"}]}},{"severity":"MEDIUM","title":"odd"}]}}`, nil, []string{
			"fail Vulnerability CVE-2: bad [Severity=CRITICAL Package=openssl Version=3.0]",
			"warn Vulnerability CVE-3:  [Severity=HIGH Package= Version=]",
			"warn Vulnerability CVE-4:  [Severity=HIGH Package=zlib Version=1 Fixed in=2]",
			"info Vulnerability odd:  [Severity=MEDIUM Package= Version=]",
			"info Vulnerability CVE-1: low [Severity=LOW Package= Version=]",
		}},
		{"events", "cloudtrail LookupEvents", `{}`, `{"Events":[
			{"EventId":"1","EventName":"DeleteBucket","Username":"ann","EventTime":"2026-11-23T05:00:00+00:00","Resources":[{"ResourceName":"b"}],"CloudTrailEvent":"{\"sourceIPAddress\":\"198.51.100.24\",\"errorCode\":\"AccessDenied\"}"},
			{"EventId":"2","EventName":"ConsoleLogin","EventTime":"x","CloudTrailEvent":"{\"userIdentity\":{\"type\":\"Root\"}}"},
			{"EventId":"3","EventName":"GetBucketPolicy","ReadOnly":"true","Username":"bob","EventTime":"2026-11-23T05:00:00+00:00","CloudTrailEvent":"not json"}]}`, nil, []string{
			"warn Event DeleteBucket: refused: AccessDenied [Who=ann From=198.51.100.24 When (UTC)=2026-11-23 05:00:00 What=b]",
			"warn Event ConsoleLogin:  [Who=somebody without a name From= When (UTC)=x What=]",
			"info Event GetBucketPolicy:  [Who=bob From= When (UTC)=2026-11-23 05:00:00 What=]",
		}},
		{"anomalies", "ce GetAnomalies", `{}`, `{"Anomalies":[{"AnomalyId":"1","DimensionValue":"Amazon DynamoDB","AnomalyStartDate":"2026-11-22T00:00:00Z","AnomalyEndDate":"2026-11-23","Impact":{"TotalImpact":1211.75,"TotalActualSpend":317.4},"RootCauses":[{"Service":"Amazon DynamoDB","UsageType":"Reads"}]},{"AnomalyId":"2"}]}`, nil, []string{
			"warn Anomaly Amazon DynamoDB: Amazon DynamoDB, Reads [More=1,211.75 USD Spent=317.40 USD Expected= From=2026-11-22 To=2026-11-23]",
			"warn Anomaly Everything:  [More= Spent= Expected= From= To=]",
		}},
		{"a policy", "s3 GetBucketPolicyStatus", `{"Bucket":"b"}`, `{"PolicyStatus":{"IsPublic":true}}`, nil, []string{"fail Bucket b: The policy of b makes it public [Policy=public]"}},
		{"a block", "s3 GetPublicAccessBlock", `{"Bucket":"b"}`, `{"PublicAccessBlockConfiguration":{"BlockPublicAcls":true,"IgnorePublicAcls":true,"BlockPublicPolicy":false,"RestrictPublicBuckets":true}}`, nil, []string{"fail Bucket b: b does not block all public access: BlockPublicPolicy off [Public access block=BlockPublicPolicy off]"}},
		{"a result of Trusted Advisor", "support DescribeTrustedAdvisorCheckResult", `{"checkId":"c"}`, `{"result":{"checkId":"c","status":"warning","resourcesSummary":{"resourcesFlagged":2,"resourcesProcessed":1200}}}`, nil, []string{"warn Check c:  [Status=warning Flagged=2 Looked at=1,200]"}},
		{"a dashboard", "cloudwatch GetDashboard", `{}`, `{"DashboardBody":"{\"widgets\":[{\"type\":\"metric\",\"properties\":{\"title\":\"Latency\",\"metrics\":[[\"AWS/ApiGateway\",\"Latency\"],[\"...\",{}],[7]]}},{\"type\":\"text\",\"properties\":{\"markdown\":\"Hello\"}},{\"type\":\"alarm\",\"properties\":{\"alarms\":[1,2]}},{\"type\":\"log\",\"properties\":{\"query\":\"SOURCE x\"}},{},null]}"}`, nil, []string{
			"info Widget Latency:  [Type=metric Shows=AWS/ApiGateway Latency]", "info Widget text:  [Type=text Shows=Hello]", "info Widget alarm:  [Type=alarm Shows=2 alarms]", "info Widget log:  [Type=log Shows=SOURCE x]", "info Widget without a title:  [Type= Shows=]",
		}},
		{"a dashboard that is no JSON", "cloudwatch GetDashboard", `{}`, `{"DashboardBody":"{"}`, nil, nil},
		{"an operation that nobody reads so", "sqs ListQueues", `{}`, `{"QueueUrls":["a"]}`, nil, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := lines(find(t, c.key, c.input, c.answer, c.variables)); !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

func TestFindingsOfErrors(t *testing.T) {
	cases := []struct{ key, code, want, says string }{
		{"s3 GetBucketPolicyStatus", "NoSuchBucketPolicy", "pass Bucket b:  [Policy=none]", "b has no policy, so none makes it public."},
		{"s3 GetPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration", "warn Bucket b: b does not block public access itself [Public access block=none]", "b does not block public access itself."},
		{"s3 GetBucketPolicyStatus", "AccessDenied", "error Bucket b: AccessDenied: no [Policy=AccessDenied]", "AccessDenied: no"},
		{"s3 GetBucketPolicyStatus", "NoSuchBucket", "error Bucket b: NoSuchBucket: no [Policy=NoSuchBucket]", "NoSuchBucket: no"},
		{"s3 HeadBucket", "AccessDenied", "", "AccessDenied: no"},
	}
	for _, c := range cases {
		service, operation, _ := strings.Cut(c.key, " ")
		o := knowledge.Of(service, operation)
		reading := o.JudgeError(c.code, "no")
		got := strings.Join(lines(o.ResourceVerdictsOfError(parsed(t, `{"Bucket":"b"}`), c.code, &reading)), "\n")
		if got != c.want || reading.Reason != c.says {
			t.Errorf("%s: %s; %s", c.code, got, reading.Reason)
		}
	}
}

// TestFindingsAreBounded keeps what is worst of an answer with very many.
func TestFindingsAreBounded(t *testing.T) {
	events := make(document.List, 1000)
	for i := range events {
		name := "Get"
		if i == 999 {
			name = "DeleteTable"
		}
		events[i] = document.NewObject(document.Member{Name: "EventName", Value: name})
	}
	all := knowledge.Of("cloudtrail", "LookupEvents").ResourceVerdicts(nil, document.NewObject(document.Member{Name: "Events", Value: events}), now, nil)
	if len(all) != 500 || all[0].Name != "DeleteTable" {
		t.Errorf("%d findings, the first %+v", len(all), all[0])
	}
}

func FuzzFind(f *testing.F) {
	f.Add("iam GetCredentialReport", `{"Content":"dXNlcgo="}`)
	f.Add("ecr DescribeImageScanFindings", `{"imageScanFindings":{"findings":[{"attributes":[null]}]}}`)
	f.Add("ce GetAnomalies", `{"Anomalies":[{"Impact":{"TotalImpact":1e308}}]}`)
	f.Add("cloudtrail LookupEvents", `{"Events":[{"CloudTrailEvent":"[1]"}]}`)
	f.Add("cloudwatch DescribeAlarmHistory", `{"AlarmHistoryItems":[{"AlarmName":"a","Timestamp":"9999-12-31T23:59:59-23:59","HistorySummary":"x updated from A to B"},{"Timestamp":"0000-01-01T00:00:00+23:59"}]}`)
	f.Add("cloudwatch GetMetricStatistics", `{"Datapoints":[{"Timestamp":"9999-12-31T00:00:00Z","Sum":1},{"Timestamp":"9999-12-31T10:00:00Z","Sum":2},{"Timestamp":"9999-12-31T20:00:00Z","Sum":3},{"Timestamp":"0001-01-01T00:00:00Z","Sum":1e308},{"Timestamp":"9999-12-31T23:59:59Z","Sum":-1e308}]}`)
	f.Fuzz(func(t *testing.T, key, text string) {
		v, err := document.Parse([]byte(text))
		if err != nil {
			return
		}
		service, operation, _ := strings.Cut(key, " ")
		if _, err := json.Marshal(knowledge.Of(service, operation).ResourceVerdicts(nil, v, now, nil)); err != nil { // they are kept in the journal
			t.Error(err)
		}
		knowledge.Of(service, operation).Judge(nil, v, now, nil)
	})
}
