package protocol_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/aws/goldens"
	"github.com/opsbook/opsbook/internal/aws/protocol"
	"github.com/opsbook/opsbook/internal/document"
)

// object makes a document of names and values in turns.
func object(pairs ...any) *document.Object {
	o := &document.Object{}
	for i := 0; i < len(pairs); i += 2 {
		o.Set(pairs[i].(string), pairs[i+1])
	}
	return o
}

// text is a document as JSON, moments and bytes as a client shows them.
func text(t *testing.T, v document.Value) string {
	t.Helper()
	b, err := document.Marshal(shown(v))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func shown(v document.Value) document.Value {
	switch v := v.(type) {
	case time.Time:
		return protocol.Show(v)
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	case document.List:
		out := make(document.List, len(v))
		for i := range v {
			out[i] = shown(v[i])
		}
		return out
	case *document.Object:
		out := &document.Object{}
		for name, inner := range v.All() {
			out.Set(name, shown(inner))
		}
		return out
	}
	return v
}

var moment = time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)

// requests are inputs with what is sent for them: the method and address, headers, and the body.
var requests = []struct {
	protocol, service, operation string
	input                        *document.Object
	address, headers, body       string
}{
	{
		protocol.JSON, "dynamodb", "UpdateTable",
		object("TableName", "t", "ProvisionedThroughput", object("ReadCapacityUnits", int64(5), "WriteCapacityUnits", int64(1))),
		"POST /", "Content-Type: application/x-amz-json-1.0\nX-Amz-Target: DynamoDB_20120810.UpdateTable",
		`{"TableName":"t","ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":1}}`,
	},
	{
		protocol.JSON, "kms", "Encrypt", object("KeyId", "k", "Plaintext", []byte{0, 1, 255}),
		"POST /", "Content-Type: application/x-amz-json-1.1\nX-Amz-Target: TrentService.Encrypt", `{"KeyId":"k","Plaintext":"AAH/"}`,
	},
	{
		protocol.RestJSON, "lambda", "UpdateFunctionConfiguration",
		object("FunctionName", "a/b c", "Environment", object("Variables", object("K", "v")), "Layers", document.List{}),
		"PUT /2015-03-31/functions/a%2Fb%20c/configuration", "Content-Type: application/json",
		`{"Environment":{"Variables":{"K":"v"}},"Layers":[]}`,
	},
	{
		protocol.RestJSON, "lambda", "Invoke",
		object("FunctionName", "f", "InvocationType", "Event", "Payload", []byte(`{"a":1}`), "Qualifier", "1"),
		"POST /2015-03-31/functions/f/invocations?Qualifier=1",
		"Content-Type: \nX-Amz-Invocation-Type: Event", `{"a":1}`,
	},
	{
		protocol.RestXML, "s3", "PutBucketVersioning", object("Bucket", "b", "VersioningConfiguration", object("Status", "Enabled")),
		"PUT /b?versioning", "Content-Type: ",
		`<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>`,
	},
	{
		protocol.RestXML, "s3", "PutObject",
		object("Body", []byte("text"), "Bucket", "b", "Expires", moment, "Key", "a/ü +", "Metadata", object("k", "v")),
		"PUT /b/a/%C3%BC%20%2B", "Expires: Sat, 14 Mar 2026 09:26:53 GMT\nX-Amz-Meta-K: v", "text",
	},
	{
		protocol.RestXML, "cloudfront", "CreateInvalidation",
		object("DistributionId", "E1", "InvalidationBatch",
			object("Paths", object("Quantity", int64(1), "Items", document.List{"/*"}), "CallerReference", "<r>")),
		"POST /2020-05-31/distribution/E1/invalidation", "Content-Type: ",
		`<InvalidationBatch xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Paths><Quantity>1</Quantity><Items><Path>` +
			`/*</Path></Items></Paths>` +
			`<CallerReference>&lt;r&gt;</CallerReference></InvalidationBatch>`,
	},
	{
		protocol.Query, "rds", "DescribeDBInstances",
		object("Filters", document.List{object("Name", "engine", "Values", document.List{"a", "b"})}, "MaxRecords", int64(20)),
		"POST /", "Content-Type: application/x-www-form-urlencoded; charset=utf-8",
		"Action=DescribeDBInstances&Version=2014-10-31&Filters.Filter.1.Name=engine&Filters.Filter.1.Values.Value.1=a&" +
			"Filters.Filter.1.Values.Value.2=b&MaxRecords=20",
	},
	{
		protocol.Query, "sns", "Publish", object("TopicArn", "arn", "Message", "a&b=c", "MessageAttributes",
			object("k", object("DataType", "Binary", "BinaryValue", []byte("x")))),
		"POST /", "Content-Type: application/x-www-form-urlencoded; charset=utf-8",
		"Action=Publish&Version=2010-03-31&TopicArn=arn&Message=a%26b%3Dc&MessageAttributes.entry.1.Name=k&" +
			"MessageAttributes.entry.1.Value.DataType=Binary" +
			"&MessageAttributes.entry.1.Value.BinaryValue=eA%3D%3D",
	},
	{
		protocol.EC2, "ec2", "RunInstances",
		object("MaxCount", int64(2), "MinCount", int64(1), "SecurityGroupIds", document.List{"sg-1"},
			"TagSpecifications", document.List{
				object("ResourceType", "instance", "Tags", document.List{object("Key", "Name", "Value", "x")}),
			}),
		"POST /", "Content-Type: application/x-www-form-urlencoded; charset=utf-8",
		"Action=RunInstances&Version=2016-11-15&MaxCount=2&MinCount=1&SecurityGroupId.1=sg-1&TagSpecification.1.ResourceType=instance" +
			"&TagSpecification.1.Tag.1.Key=Name&TagSpecification.1.Tag.1.Value=x",
	},
	{
		protocol.CBOR, "cloudwatch", "PutMetricData",
		object("Namespace", "n", "MetricData", document.List{object("MetricName", "m", "Timestamp", moment, "Value", 1.5)}),
		"POST /service/GraniteServiceVersion20100801/operation/PutMetricData",
		"Content-Type: application/cbor\nSmithy-Protocol: rpc-v2-cbor",
		"\xa2iNamespaceanjMetricData\x81\xa3jMetricNameamiTimestamp\xc1\xfbA\xdamJw@\x00\x00eValue\xfb?\xf8\x00\x00\x00\x00\x00\x00",
	},
}

// headersOf reads lines of "Name: value".
func headersOf(lines string) http.Header {
	out := http.Header{}
	for line := range strings.SplitSeq(lines, "\n") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			out.Set(name, value)
		}
	}
	return out
}

// TestRequests compares what is sent with what AWS documents, and lets the other side read it back.
func TestRequests(t *testing.T) {
	t.Parallel()
	for _, c := range requests {
		t.Run(c.service+" "+c.operation, func(t *testing.T) {
			t.Parallel()
			op := operationOf(t, c.service, c.operation)
			r, err := protocol.Encode(c.protocol, op, c.input)
			if err != nil {
				t.Fatal(err)
			}
			address := r.Method + " " + r.Path
			if r.RawQuery != "" {
				address += "?" + r.RawQuery
			}
			if address != c.address {
				t.Errorf("sent to %s, want %s", address, c.address)
			}
			for name, values := range headersOf(c.headers) {
				if r.Header.Get(name) != values[0] {
					t.Errorf("%s is %q, want %q", name, r.Header.Get(name), values[0])
				}
			}
			if string(r.Body) != c.body {
				t.Errorf("sent\n%q, want\n%q", r.Body, c.body)
			}
			url := r.Path
			if r.RawQuery != "" {
				url += "?" + r.RawQuery
			}
			request := httptest.NewRequestWithContext(t.Context(), r.Method, url, nil)
			request.Header = r.Header
			labels, _, ok := protocol.Match(op, r.Method, request.URL.EscapedPath(), request.URL.Query())
			if !ok && (c.protocol == protocol.RestJSON || c.protocol == protocol.RestXML) {
				t.Fatalf("%s is not the operation's address", url)
			}
			back, err := protocol.DecodeRequest(c.protocol, op, request, labels, r.Body)
			if err != nil || !document.Equal(shown(back), shown(c.input)) {
				t.Errorf("read back as %s, want %s (%v)", text(t, back), text(t, c.input), err)
			}
		})
	}
}

// TestAnswers reads answers as services write them.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ protocol, service, operation, headers, body, want string }{
		{
			protocol.JSON, "dynamodb", "DescribeTable", "",
			`{"Table":{"TableName":"t","CreationDateTime":1.773480413E9,"ItemCount":0,"Unknown":1,"TableStatus":null}}`,
			`{"Table":{"TableName":"t","CreationDateTime":"2026-03-14T09:26:53+00:00","ItemCount":0}}`,
		},
		{
			protocol.JSON, "dynamodb", "GetItem", "",
			`{"Item":{"n":{"N":"1e3"},"b":{"B":"AAH/"},"l":{"L":[{"NULL":true}]}}}`,
			`{"Item":{"n":{"N":"1e3"},"b":{"B":"AAH/"},"l":{"L":[{"NULL":true}]}}}`,
		},
		{
			protocol.RestJSON, "lambda", "GetFunctionConfiguration", "",
			`{"FunctionName":"f","Timeout":3,"Environment":{"Variables":{}}}`,
			`{"FunctionName":"f","Timeout":3,"Environment":{"Variables":{}}}`,
		},
		{
			protocol.RestXML, "s3", "ListObjectsV2", "",
			`<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>false</IsTruncated>` +
				`<Contents><Key>a &amp; b</Key><LastModified>2026-03-14T09:26:53.000Z</LastModified><Size>10</Size></Contents>` +
				`<Contents><Key/></Contents></ListBucketResult>`,
			`{"IsTruncated":false,"Contents":[{"Key":"a & b","LastModified":"2026-03-14T09:26:53+00:00","Size":10},{"Key":""}]}`,
		},
		{
			protocol.RestXML, "s3", "HeadObject",
			"Content-Length: 5\nLast-Modified: Sat, 14 Mar 2026 09:26:53 GMT\nETag: \"e\"\nx-amz-meta-k: v\nContent-Type: " +
				"text/plain", "",
			`{"LastModified":"2026-03-14T09:26:53+00:00","ContentLength":5,"ETag":"\"e\"","ContentType":"text/plain",` +
				`"Metadata":{"k":"v"}}`,
		},
		{
			protocol.Query, "iam", "GetRole", "",
			`<GetRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetRoleResult><Role><RoleName>r</RoleName>` +
				`<CreateDate>2026-03-14T09:26:53Z</CreateDate>` +
				`<Tags><member><Key>k</Key><Value></Value></member></Tags></Role></GetRoleResult><ResponseMetadata><RequestId>` +
				`id</RequestId></ResponseMetadata></GetRoleResponse>`,
			`{"Role":{"RoleName":"r","CreateDate":"2026-03-14T09:26:53+00:00","Tags":[{"Key":"k","Value":""}]}}`,
		},
		{
			protocol.EC2, "ec2", "DescribeInstances", "",
			`<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>id</requestId>` +
				`<reservationSet><item><reservationId>r-1</reservationId>` +
				`<instancesSet><item><instanceId>i-1</instanceId><ebsOptimized>true</ebsOptimized><tagSet/></item>` +
				`</instancesSet></item></reservationSet></DescribeInstancesResponse>`,
			`{"Reservations":[{"ReservationId":"r-1","Instances":[{"InstanceId":"i-1","EbsOptimized":true,"Tags":[]}]}]}`,
		},
		{
			protocol.CBOR, "cloudwatch", "GetMetricStatistics", "",
			"\xa2eLabelamjDatapoints\x9f\xa3iTimestamp\xc1\x1a\x69\xb5\x29\xddcSum\xf9\x3e\x00dUnitdNone\xff",
			`{"Label":"m","Datapoints":[{"Timestamp":"2026-03-14T09:26:53+00:00","Sum":1.5,"Unit":"None"}]}`,
		},
	} {
		got, err := protocol.Decode(c.protocol, operationOf(t, c.service, c.operation), http.StatusOK, headersOf(c.headers), []byte(c.body))
		want, parseErr := document.Parse([]byte(c.want))
		if err != nil || parseErr != nil || !document.Equal(shown(got), want) {
			t.Errorf("%s %s is read as\n%s, want\n%s (%v, %v)", c.service, c.operation, text(t, got), c.want, err, parseErr)
		}
	}
}

// TestAnswersComeBack writes an answer with every member in each protocol, and reads it again.
func TestAnswersComeBack(t *testing.T) {
	t.Parallel()
	for _, s := range spoken {
		op := operationOf(t, s.service, s.operation)
		sent := goldens.Example(op)
		a, err := protocol.EncodeAnswer(s.protocol, op, sent, "id")
		if err != nil {
			t.Fatal(s, err)
		}
		got, err := protocol.Decode(s.protocol, op, a.Status, a.Header, a.Body)
		for _, m := range op.Output.Members { // which is no part of what was sent
			if m.Location == "statusCode" || m.Location == "headers" {
				sent.Delete(m.Name)
				got.Delete(m.Name)
			}
		}
		if err != nil || fmt.Sprint(sortedText(t, got)) != fmt.Sprint(sortedText(t, sent)) {
			t.Errorf("%s %s comes back as\n%s, want\n%s (%v)", s.service, s.operation, text(t, got), text(t, sent), err)
		}
	}
}

// sortedText is a document as text, whatever the order of its members; moments to the second.
func sortedText(t *testing.T, o *document.Object) string {
	t.Helper()
	v, err := document.Parse([]byte(text(t, o)))
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(inOrder(v))
}

func inOrder(v document.Value) any {
	switch v := v.(type) {
	case *document.Object:
		out := map[string]any{}
		for name, inner := range v.All() {
			out[name] = inOrder(inner)
		}
		return out
	case document.List:
		out := make([]any, len(v))
		for i := range v {
			out[i] = inOrder(v[i])
		}
		return out
	}
	return v
}
