package sandbox

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzRequests sends requests that no client would send: the sandbox answers each, and never panics.
func FuzzRequests(f *testing.F) {
	const json, form, cbor = "application/x-amz-json-1.0", "application/x-www-form-urlencoded", "application/cbor"
	for _, s := range []struct{ method, path, kind, target, signed, body string }{
		{"POST", "/", json, "DynamoDB_20120810.DescribeTable", "dynamodb", `{"TableName":"network-visualizer-topology"}`},
		{
			"POST", "/", json, "DynamoDB_20120810.Scan", "dynamodb",
			`{"TableName":"network-visualizer-topology","Limit":-3,"ExclusiveStartKey":{"pk":{"S":"node#9999999999999999999"}}}`,
		},
		{
			"POST", "/", json, "DynamoDB_20120810.UpdateTable", "dynamodb",
			`{"TableName":"network-visualizer-topology","ProvisionedThroughput":{"ReadCapacityUnits":9e99}}`,
		},
		{"POST", "/", json, "DynamoDB_20120810.ListBackups", "dynamodb", `{"Limit":0,"TimeRangeLowerBound":1e300}`},
		{"POST", "/", json, "DynamoDB_20120810.DescribeTable", "dynamodb", `[`},
		{
			"POST", "/", json, "GraniteServiceVersion20100801.GetMetricStatistics", "monitoring",
			`{"Namespace":"AWS/Lambda","MetricName":"Errors","StartTime":-9e15,"EndTime":9e15,` +
				`"Period":9223372036854775807,"Statistics":["Sum"]}`,
		},
		{
			"POST", "/", form, "", "monitoring",
			"Action=GetMetricStatistics&Version=2010-08-01&Namespace=AWS/Lambda&MetricName=Errors" +
				"&StartTime=0001-01-01T00:00:00Z&EndTime=9999-12-31T00:00:00Z&Period=60&ExtendedStatistics.member.1=pNaN",
		},
		{
			"POST", "/", json, "GraniteServiceVersion20100801.GetMetricStatistics", "monitoring",
			`{"Namespace":"AWS/Lambda","MetricName":"Errors","StartTime":-9000000000000000,"EndTime":9,` +
				`"Period":315360000,"Statistics":["Sum"]}`,
		},
		{"POST", "/service/GraniteServiceVersion20100801/operation/DescribeAlarms", cbor, "", "monitoring", "\xbf\xff"},
		{
			"POST", "/service/GraniteServiceVersion20100801/operation/DescribeAlarms", cbor, "", "monitoring",
			"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
		},
		{
			"POST", "/", json, "Logs_20140328.FilterLogEvents", "logs",
			`{"logGroupName":"/aws/lambda/network-visualizer-api-production","startTime":-9223372036854775808,` +
				`"endTime":9223372036854775807,"filterPattern":"%[%","limit":-1}`,
		},
		{
			"POST", "/", json, "Logs_20140328.GetLogEvents", "logs",
			`{"logGroupName":"/aws/lambda/network-visualizer-api-production","logStreamName":"x","nextToken":"b/-1","limit":-7}`,
		},
		{
			"POST", "/", json, "AWSInsightsIndexService.GetCostAndUsage", "ce",
			`{"TimePeriod":{"Start":"0001-01-01","End":"9999-12-31"},"Granularity":"DAILY","Metrics":[""]}`,
		},
		{"POST", "/", form, "", "iam", "Action=ListUsers&Version=2010-05-08&Marker=%00&MaxItems=-1"},
		{"GET", "/2015-03-31/functions/%2e%2e/configuration?Qualifier=%ff", "", "", "lambda", ""},
		{
			"PATCH", "/restapis/a1b2c3d4e5/stages/prod", "application/json", "", "apigateway",
			`{"patchOperations":[{"op":"replace","path":"/*/*/throttling/burstLimit","value":"1e999"}]}`,
		},
		{
			"PATCH", "/restapis/a1b2c3d4e5/stages/prod", "application/json", "", "apigateway",
			`{"patchOperations":[{"op":"replace","path":"////","value":"NaN"},null,3]}`,
		},
		{"GET", "/network-visualizer-data-production?list-type=2&max-keys=-1&continuation-token=%25&delimiter=/", "", "", "s3", ""},
		{"GET", "/network-visualizer-data-production?uploads&max-uploads=-1&upload-id-marker=x", "", "", "s3", ""},
		{"PUT", "/network-visualizer-data-production/k?partNumber=99999999999999999999&uploadId=x", "", "", "s3", "body"},
		{"POST", "/network-visualizer-data-production?delete", "application/xml", "", "s3", "<Delete><Object><Key>"},
		{
			"POST", "/2020-05-31/distribution/E2EXAMPLE1/invalidation", "application/xml", "", "cloudfront",
			"<InvalidationBatch><Paths><Quantity>-1</Quantity></Paths></InvalidationBatch>",
		},
		{"TRACE", "/%", "text/plain", "..", "", "\x00"},
	} {
		f.Add(s.method, s.path, s.kind, s.target, s.signed, s.body)
	}
	s := New(Options{})
	f.Fuzz(func(t *testing.T, method, path, kind, target, signed, body string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Method = method
		if u, err := r.URL.Parse(path); err == nil && u.Host == "localhost" {
			r.URL = u
		}
		r.Header.Set("Content-Type", kind)
		if target != "" {
			r.Header.Set("X-Amz-Target", target)
		}
		if strings.Contains(kind, "cbor") {
			r.Header.Set("Smithy-Protocol", "rpc-v2-cbor")
		}
		for _, name := range []string{"Range", "X-Amz-Copy-Source", "X-Amz-Copy-Source-Range", "X-Amz-Tagging", "If-None-Match"} {
			r.Header.Set(name, body)
		}
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=A/20260921/us-east-1/"+signed+
			"/aws4_request, SignedHeaders=host, Signature=0")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code < 200 || w.Code > 599 || w.Code == http.StatusInternalServerError {
			t.Errorf("%s %s: status %d: %s", method, path, w.Code, w.Body)
		}
	})
}
