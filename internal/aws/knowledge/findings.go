package knowledge

import (
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// finders say what the answers of operations say of the things in them.
var resourceRules = map[string]func(answered) []procedures.ResourceVerdict{
	"iam GetCredentialReport":                   findCredentials,
	"ecr DescribeImageScanFindings":             findVulnerabilities,
	"cloudtrail LookupEvents":                   findEvents,
	"ce GetAnomalies":                           findAnomalies,
	"cloudwatch GetMetricStatistics":            findMetric,
	"cloudwatch DescribeAlarms":                 findAlarms,
	"cloudwatch GetDashboard":                   findWidgets,
	"cloudwatch DescribeAlarmHistory":           findHistories,
	"ce GetReservationPurchaseRecommendation":   findReservations,
	"s3 ListObjects":                            findOldObjects,
	"s3 ListObjectsV2":                          findOldObjects,
	"s3 ListBuckets":                            findBuckets,
	"s3 GetBucketPolicyStatus":                  findPolicyStatus,
	"s3 GetPublicAccessBlock":                   findAccessBlock,
	"support DescribeTrustedAdvisorChecks":      findChecks,
	"support DescribeTrustedAdvisorCheckResult": findCheckResult,
}

// maxFindings bounds what is kept of one answer.
const maxResourceVerdicts = 500

// ResourceVerdicts lists what an answer says of the things in it, as its operation is read; nil where it is not known how. What
// nobody needs to look at goes first where there are too many.
func (e Operation) ResourceVerdicts(input *document.Object, answer document.Value, now time.Time, variable func(string) (string, bool)) []procedures.ResourceVerdict {
	find := resourceRules[e.Service+" "+e.Name]
	o, _ := answer.(*document.Object)
	if find == nil || o == nil {
		return nil
	}
	all := find(answered{input, o, now, variable})
	if len(all) <= maxResourceVerdicts {
		return all
	}
	slices.SortStableFunc(all, func(a, b procedures.ResourceVerdict) int {
		return slices.Index(procedures.Verdicts, a.Verdict) - slices.Index(procedures.Verdicts, b.Verdict)
	})
	return all[:maxResourceVerdicts]
}

// ResourceVerdictsOfError is what an error of an operation says of the thing that it was asked about, whose name it puts into the reading;
// nil where nothing is known of it.
func (e Operation) ResourceVerdictsOfError(input *document.Object, code string, reading *procedures.Judgement) []procedures.ResourceVerdict {
	fact := map[string]string{"GetBucketPolicyStatus": policyFact, "GetPublicAccessBlock": blockFact}[e.Name]
	if e.Service == "s3" && fact != "" {
		for _, some := range []string{"A bucket ", "The bucket "} {
			if rest, ok := strings.CutPrefix(reading.Reason, some); ok {
				reading.Reason = str(input, "Bucket") + " " + rest
			}
		}
		value := code
		if strings.HasPrefix(code, "NoSuch") && code != "NoSuchBucket" {
			value = "none"
		}
		return []procedures.ResourceVerdict{bucketFinding(input, reading, fact, value)}
	}
	if e.Name == "DescribeTrustedAdvisorCheckResult" {
		return []procedures.ResourceVerdict{{Kind: checkKind, Name: str(input, "checkId"), ID: str(input, "checkId"), Verdict: reading.Verdict, Reason: reading.Reason}}
	}
	return nil
}

// Facts of a bucket, one of each operation.
const (
	policyFact = "Policy"
	blockFact  = "Public access block"
)

func bucketFinding(input *document.Object, reading *procedures.Judgement, fact, value string) procedures.ResourceVerdict {
	f := procedures.ResourceVerdict{Kind: "Bucket", Name: str(input, "Bucket"), Verdict: reading.Verdict, Facts: []procedures.Fact{{Name: fact, Value: value}}}
	if reading.Verdict != procedures.Passed {
		f.Reason = strings.TrimSuffix(reading.Reason, ".")
	}
	return f
}

func findBuckets(q answered) []procedures.ResourceVerdict {
	var out []procedures.ResourceVerdict
	for _, b := range members(q.answer, "Buckets") {
		out = append(out, procedures.ResourceVerdict{Kind: "Bucket", Name: str(b, "Name"), Facts: []procedures.Fact{{Name: "Created", Value: at(b, "CreationDate").UTC().Format(time.DateOnly)}}})
	}
	return out
}

func findPolicyStatus(q answered) []procedures.ResourceVerdict {
	value := "not public"
	if public, _ := child(q.answer, "PolicyStatus").Get("IsPublic"); public == true {
		value = "public"
	}
	return []procedures.ResourceVerdict{bucketFinding(q.input, readPolicyStatus(q), policyFact, value)}
}

func findAccessBlock(q answered) []procedures.ResourceVerdict {
	value := "all four on"
	if off := blocksOff(q); len(off) > 0 {
		value = strings.Join(off, ", ") + " off"
	}
	return []procedures.ResourceVerdict{bucketFinding(q.input, readAccessBlock(q), blockFact, value)}
}

const checkKind = "Check"

func findChecks(q answered) []procedures.ResourceVerdict {
	var out []procedures.ResourceVerdict
	for _, c := range members(q.answer, "checks") {
		out = append(out, procedures.ResourceVerdict{Kind: checkKind, Name: str(c, "name"), ID: str(c, "id"), Facts: []procedures.Fact{{Name: "Category", Value: str(c, "category")}}})
	}
	return out
}

func findCheckResult(q answered) []procedures.ResourceVerdict {
	r := child(q.answer, "result")
	reading := readAdvisor(q)
	summary := child(r, "resourcesSummary")
	f := procedures.ResourceVerdict{Kind: checkKind, Name: str(r, "checkId"), ID: str(r, "checkId"), Verdict: reading.Verdict, Facts: []procedures.Fact{
		{Name: "Status", Value: str(r, "status")}, {Name: "Flagged", Value: grouped(summary, "resourcesFlagged"), Number: true}, {Name: "Looked at", Value: grouped(summary, "resourcesProcessed"), Number: true},
	}}
	return []procedures.ResourceVerdict{f}
}
