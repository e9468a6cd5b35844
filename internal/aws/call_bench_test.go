package aws_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/aws"
	"github.com/opsbook/opsbook/internal/procedures"
)

// still is a service that answers at once, so that what is measured is what a call costs here.
type still struct{ body string }

func (s still) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return nil, err
		}
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(s.body)), Request: r}, nil
}

// BenchmarkCall measures a whole call: planned, bound, signed, read, queried and printed. The environment is a real one, with AWS's files.
func BenchmarkCall(b *testing.B) {
	for name, c := range map[string]struct{ line, body string }{
		"json": {"aws dynamodb list-tables", `{"TableNames":["a","b"]}`},
		"query": {
			"aws lambda get-function --function-name f --query Configuration.State --output text",
			`{"Configuration":{"FunctionName":"f","State":"Active"}}`,
		},
		"xml": {
			"aws ec2 describe-instances --filters Name=instance-state-name,Values=running --query " +
				"Reservations[].Instances[].InstanceId",
			"<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>i-1</instanceId></item>" +
				"</instancesSet></item></reservationSet></DescribeInstancesResponse>",
		},
	} {
		b.Run(name, func(b *testing.B) {
			atHome(b, "[default]\nregion = eu-west-1\n", keys)
			command := aws.New(aws.Options{Environment: procedures.Environment{Name: "real"}, Transport: still{c.body}})
			args := strings.Fields(c.line)
			planned := words(c.line)
			b.ReportAllocs()
			for b.Loop() {
				var out, failed bytes.Buffer
				command.Describe(planned)
				if status := command.Run(b.Context(),
					&procedures.Invocation{
						Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &failed, Now: time.Now,
					}); status != 0 {
					b.Fatal(failed.String())
				}
			}
		})
	}
}
