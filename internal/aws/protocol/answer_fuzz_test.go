package protocol_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/opsbook/opsbook/internal/aws/goldens"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/protocol"
	"github.com/opsbook/opsbook/internal/document"
)

// spoken are operations by the protocol that they are asked in here.
var spoken = []struct{ protocol, service, operation string }{
	{protocol.JSON, "dynamodb", "DescribeTable"}, {protocol.JSON, "dynamodb", "GetItem"},
	{protocol.RestJSON, "lambda", "GetFunction"}, {protocol.RestJSON, "apigateway", "GetRestApis"},
	{protocol.RestXML, "s3", "ListObjectsV2"},
	{protocol.RestXML, "cloudfront", "GetDistribution"}, {protocol.RestXML, "s3", "HeadObject"},
	{protocol.Query, "rds", "DescribeDBInstances"}, {protocol.Query, "iam", "GetRole"}, {protocol.EC2, "ec2", "DescribeInstances"},
	{protocol.CBOR, "cloudwatch", "GetMetricStatistics"}, {protocol.CBOR, "cloudwatch", "DescribeAlarms"},
}

func operationOf(t testing.TB, service, name string) *models.Operation {
	t.Helper()
	s, err := models.Load(service)
	if err != nil {
		t.Fatal(err)
	}
	return s.Operation(name)
}

// FuzzAnswers reads hostile answers in every protocol: each is a document, or an error.
func FuzzAnswers(f *testing.F) {
	for i, s := range spoken {
		op := operationOf(f, s.service, s.operation)
		a, err := protocol.EncodeAnswer(s.protocol, op, goldens.Example(op), "id")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(i, 200, "", a.Body)
		e := protocol.EncodeFailure(s.protocol, op.Service, 400, "SomeCode", "what is wrong", "id")
		f.Add(i, 400, "SomeCode:http://x", e.Body)
	}
	for i := range spoken {
		for _, body := range []string{
			"", "{", "[]", "null", "<", "<a", "<a/>", "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "\xbf\xff",
			"\x9f\x9f\x9f", "\xbb\xff\xff\xff\xff\xff\xff\xff\xff", `{"Item":{"a":{"N":"1e999"}}}`, "<a><b></a>",
		} {
			f.Add(i, 200, "", []byte(body))
			f.Add(i, 500, "", []byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, which, status int, kind string, body []byte) {
		if which < 0 || which >= len(spoken) {
			return
		}
		s := spoken[which]
		op := operationOf(t, s.service, s.operation)
		header := http.Header{"X-Amzn-Errortype": {kind}, "Last-Modified": {kind}, "Content-Length": {kind}, "X-Amz-Meta-A": {kind}}
		if failure := protocol.DecodeFailure(s.protocol, op, status, header, body); failure.Code == "" {
			t.Fatal("an error without a code")
		}
		output, err := protocol.Decode(s.protocol, op, status, header, body)
		if err != nil {
			return
		}
		if _, err := document.Marshal(output); err != nil {
			t.Fatalf("what was read is no document: %v", err)
		}
	})
}

func TestEveryProtocolIsSpoken(t *testing.T) {
	all := map[string]bool{}
	for _, name := range models.Services() {
		s, err := models.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range s.Protocols {
			all[p] = true
		}
	}
	for p := range all {
		if !slices.ContainsFunc(spoken, func(s struct{ protocol, service, operation string }) bool { return s.protocol == p }) {
			t.Errorf("no answer in %s is tried", p)
		}
	}
}
