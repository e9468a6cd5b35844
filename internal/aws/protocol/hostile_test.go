package protocol_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/aws/goldens"
	"github.com/opsbook/opsbook/internal/aws/protocol"
	"github.com/opsbook/opsbook/internal/document"
)

// TestFailures reads errors as services write them.
func TestFailures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		protocol, service, operation string
		status                       int
		headers, body                string
		code, message, document      string
	}{
		{
			protocol.JSON, "dynamodb", "DescribeTable", 400, "",
			`{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"not found"}`,
			"ResourceNotFoundException", "not found", `{"message":"not found"}`,
		},
		{
			protocol.JSON, "dynamodb", "DescribeTable", 400, "", `{"__type":"ThrottlingException","Message":"slow"}`,
			"ThrottlingException", "slow", "",
		},
		{
			protocol.RestJSON, "lambda", "GetFunction", 404,
			"X-Amzn-Errortype: " +
				"ResourceNotFoundException:http://internal.amazon.com/x", `{"Type":"User","Message":"Function not found"}`,
			"ResourceNotFoundException", "Function not found", `{"Type":"User"}`,
		},
		{
			protocol.RestJSON, "lambda", "GetFunction", 429,
			"X-Amzn-Errortype: " +
				"TooManyRequestsException\nRetry-After: 7", `{"Reason":"CallerRateLimitExceeded","message":"Rate exceeded"}`,
			"TooManyRequestsException", "Rate exceeded",
			`{"retryAfterSeconds":"7","message":"Rate exceeded","Reason":"CallerRateLimitExceeded"}`,
		},
		{
			protocol.RestXML, "s3", "ListObjectsV2", 404, "",
			`<?xml version="1.0"?><Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message>` +
				`<BucketName>b</BucketName></Error>`,
			"NoSuchBucket", "The specified bucket does not exist", "",
		},
		{
			protocol.RestXML, "cloudfront", "GetDistribution", 404, "",
			`<ErrorResponse xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Error><Type>Sender</Type><Code>` +
				`NoSuchDistribution</Code><Message>no</Message></Error></ErrorResponse>`,
			"NoSuchDistribution", "no", "",
		},
		{
			protocol.Query, "iam", "GetRole", 404, "",
			`<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>no role</Message></Error><RequestId>` +
				`id</RequestId></ErrorResponse>`,
			"NoSuchEntity", "no role", "",
		},
		{
			protocol.EC2, "ec2", "DescribeInstances", 400, "",
			`<Response><Errors><Error><Code>InvalidInstanceID.NotFound</Code><Message>no such</Message></Error></Errors>` +
				`<RequestID>id</RequestID></Response>`,
			"InvalidInstanceID.NotFound", "no such", "",
		},
		{
			protocol.CBOR, "cloudwatch", "GetMetricStatistics", 400, "",
			"\xa2f__typex7com.amazonaws.cloudwatch#InvalidParameterValueExceptiongmessageca b", "InvalidParameterValueException", "a b",
			`{"message":"a b"}`,
		},
		{
			protocol.CBOR, "cloudwatch", "GetMetricStatistics", 400, "X-Amzn-Query-Error: InvalidParameterValue;Sender",
			"\xa1gmessagea.", "InvalidParameterValue", ".", "",
		},
		// what is no error of the protocol's keeps the status
		{protocol.JSON, "dynamodb", "DescribeTable", 503, "", "<html>busy</html>", "503", "<html>busy</html>", ""},
		{protocol.RestXML, "s3", "HeadObject", 404, "", "", "404", "Not Found", ""},
		{protocol.Query, "iam", "GetRole", 502, "", "{}", "502", "Bad Gateway", ""},
		{protocol.CBOR, "cloudwatch", "GetMetricStatistics", 500, "", "\xff", "500", "Internal Server Error", ""},
	} {
		got := protocol.DecodeFailure(c.protocol, operationOf(t, c.service, c.operation), c.status, headersOf(c.headers), []byte(c.body))
		members := ""
		if got.Document.Len() > 0 {
			members = text(t, got.Document)
		}
		if got.Code != c.code || got.Message != c.message || members != c.document {
			t.Errorf("%s %d %q is read as %q %q %s, want %q %q %s", c.protocol, c.status, c.body, got.Code, got.Message,
				members, c.code, c.message, c.document)
		}
	}
}

// TestFailuresComeBack writes an error in each protocol, and reads it again.
func TestFailuresComeBack(t *testing.T) {
	t.Parallel()
	for _, s := range spoken {
		op := operationOf(t, s.service, s.operation)
		a := protocol.EncodeFailure(s.protocol, op.Service, http.StatusBadRequest, "SomeCode", `what is <wrong> & "why"`, "the-id")
		got := protocol.DecodeFailure(s.protocol, op, a.Status, a.Header, a.Body)
		if got.Code != "SomeCode" || got.Message != `what is <wrong> & "why"` || a.Status != http.StatusBadRequest {
			t.Errorf("%s %s comes back as %+v", s.service, s.operation, got)
		}
	}
}

// hostile are bodies that no service sends: cut off, of other types, deep.
func hostile(whole []byte) map[string][]byte {
	deep := func(open, end string) []byte {
		return []byte(strings.Repeat(open, 20_000) + strings.Repeat(end, 20_000))
	}
	out := map[string][]byte{
		"nothing": nil, "a text": []byte("hello"), "null": []byte("null"), "a number": []byte("1e999999"),
		"a list": []byte(`[1,{"a":[]}]`), "an object of numbers": []byte(`{"Table":7,"Item":[],"Datapoints":{}}`),
		"deep lists": deep("[", "]"), "deep objects": deep(`{"Item":`, "}"), "deep elements": deep("<a>", "</a>"),
		"deep arrays of CBOR": bytes.Repeat([]byte{0x81}, 20_000), "deep maps of CBOR": bytes.Repeat([]byte("\xa1aa"), 20_000),
		"a long text of CBOR": []byte("\xa1\x7b\x7f\xff\xff\xff\xff\xff\xff\xff"),
		"a long list of CBOR": []byte("\x9b\x7f\xff\xff\xff\xff\xff\xff\xff"),
		"a long map of CBOR":  []byte("\xbb\x7f\xff\xff\xff\xff\xff\xff\xff"),
		"no end of CBOR":      []byte("\xbf"), "a tag of a tag": []byte("\xa1iTimestamp\xc1\xc1\xc1\xff"),
		"not UTF-8":       []byte("{\"a\":\"\xff\xfe\"}"),
		"an entity":       []byte(`<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>`),
		"an open element": []byte("<a><b>"), "elements that cross": []byte("<a><b></a></b>"),
		"many members":               []byte("{" + strings.Repeat(`"a":1,`, 5_000) + `"b":1}`),
		"a form with a far index":    []byte("Action=X&Filter.999999999.Name=a&Filters.Filter.2147483648.Name=b&MaxRecords=x"),
		"a form of deep names":       []byte("Action=X&" + strings.Repeat("Filter.1.", 20_000) + "Name=a"),
		"a form with an open escape": []byte("Action=%zz&a=%"),
	}
	for _, part := range []int{1, 2, 3, 5, 10} {
		out["cut off "+string(rune('0'+part%10))] = whole[:len(whole)*(part-1)/10]
	}
	return out
}

// TestHostileBodies reads what no service sends, as a client and as a server: it is a document or an error, soon.
func TestHostileBodies(t *testing.T) {
	t.Parallel()
	for _, s := range spoken {
		op := operationOf(t, s.service, s.operation)
		a, err := protocol.EncodeAnswer(s.protocol, op, goldens.Example(op), "id")
		if err != nil {
			t.Fatal(err)
		}
		for name, body := range hostile(a.Body) {
			began := time.Now()
			output, err := protocol.Decode(s.protocol, op, http.StatusOK, http.Header{}, body)
			if err == nil {
				if _, err := document.Marshal(output); err != nil {
					t.Errorf("%s to %s: what was read is no document: %v", name, s.operation, err)
				}
			}
			if f := protocol.DecodeFailure(s.protocol, op, http.StatusBadRequest, http.Header{}, body); f.Code == "" {
				t.Errorf("%s to %s: an error without a code", name, s.operation)
			}
			request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/x?Filter.1=a&max-keys=x", nil)
			input, err := protocol.DecodeRequest(s.protocol, op, request, map[string]string{"FunctionName": "%", "Id": ""}, body)
			if err == nil {
				if _, err := document.Marshal(input); err != nil {
					t.Errorf("%s to %s: what was read is no document: %v", name, s.operation, err)
				}
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("%s to %s took %s", name, s.operation, took)
			}
		}
	}
}
