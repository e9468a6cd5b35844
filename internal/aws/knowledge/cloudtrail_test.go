package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestCloudTrailVerdicts(t *testing.T) {
	judged(t, []verdictCase{
		{"cloudtrail LookupEvents", `{}`, `{"Events":[]}`, procedures.Passed, "No event in this time."},
		{
			"cloudtrail LookupEvents", `{}`, `{"Events":[{"EventName":"DescribeTable","Username":"x"}]}`,
			procedures.Passed, "1 event, none of them",
		},
		{
			"cloudtrail LookupEvents", `{}`,
			`{"Events":[{"EventName":"DeleteBucket","Username":"x","EventTime":"2026-11-23T01:00:00+00:00"}]}`,
			procedures.Warned, "1 sensitive event: DeleteBucket by x at 2026-11-23T01:00:00.",
		},
		{
			"cloudtrail LookupEvents", `{}`, `{"Events":[{"EventName":"PutUserPolicy","Username":"x"}]}`,
			procedures.Warned, "PutUserPolicy by x",
		},
		{
			"cloudtrail LookupEvents", `{}`,
			`{"Events":[{"EventName":"GetBucketPolicy","ReadOnly":"true","Username":"x"}]}`, procedures.Passed, "1 event",
		},
		{
			"cloudtrail LookupEvents", `{}`, `{"Events":[{"EventName":"ConsoleLogin","Username":"root"}]}`,
			procedures.Warned, "ConsoleLogin by root",
		},
	})
}

func TestCloudTrailResources(t *testing.T) {
	listed(t, []resourceCase{
		{"events", "cloudtrail LookupEvents", `{}`, `{"Events":[
			{"EventId":"1","EventName":"DeleteBucket","Username":"ann","EventTime":"2026-11-23T05:00:00+00:00",
			"Resources":[{"ResourceName":"b"}],
			"CloudTrailEvent":"{\"sourceIPAddress\":\"198.51.100.24\",\"errorCode\":\"AccessDenied\"}"},
			{"EventId":"2","EventName":"ConsoleLogin","EventTime":"x","CloudTrailEvent":"{\"userIdentity\":{\"type\":\"Root\"}}"},
			{"EventId":"3","EventName":"GetBucketPolicy","ReadOnly":"true","Username":"bob","EventTime":"2026-11-23T05:00:00+00:00",
			"CloudTrailEvent":"not json"}]}`,
			nil, []string{
				"warn Event DeleteBucket: refused: AccessDenied [Who=ann From=198.51.100.24 When (UTC)=2026-11-23 05:00:00 What=b]",
				"warn Event ConsoleLogin:  [Who=an unnamed caller From= When (UTC)=x What=]",
				"info Event GetBucketPolicy:  [Who=bob From= When (UTC)=2026-11-23 05:00:00 What=]",
			}},
	})
}

func TestTrailStatusVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{"cloudtrail GetTrailStatus", `{"Name":"main"}`, `{"IsLogging":true}`, procedures.Passed, "main: logging."},
		{"cloudtrail GetTrailStatus", `{"Name":"main"}`, `{"IsLogging":false}`, procedures.Failed, "main: it is not logging."},
		{
			"cloudtrail GetTrailStatus", `{"Name":"main"}`,
			`{"IsLogging":true,"LatestDeliveryError":"AccessDenied"}`,
			procedures.Failed, "main: its last delivery failed: AccessDenied.",
		},
	})
}
