package wire_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/wire"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// service answers with what it is told, one after the other, and the last again and again.
type service struct {
	answers []answer
	asked   []*http.Request
}

// answer is a status with a body, or no answer at all.
type answer struct {
	status int
	body   string
	date   time.Time
	err    error
	region string // of the bucket, as S3 says
}

func (s *service) RoundTrip(r *http.Request) (*http.Response, error) {
	a := s.answers[min(len(s.asked), len(s.answers)-1)]
	s.asked = append(s.asked, r)
	if a.err != nil {
		return nil, a.err
	}
	header := http.Header{}
	if a.region != "" {
		header.Set("X-Amz-Bucket-Region", a.region)
	}
	if !a.date.IsZero() {
		header.Set("Date", a.date.UTC().Format(http.TimeFormat))
	}
	return &http.Response{StatusCode: a.status, Header: header, Body: io.NopCloser(strings.NewReader(a.body))}, nil
}

func fault(status int, code string) answer {
	return answer{status: status, body: fmt.Sprintf(`{"__type":"com.amazonaws#%s","message":"because"}`, code)}
}

var fine = answer{status: http.StatusOK, body: `{"TableNames":["t"]}`}

func operation(t *testing.T, service, name string) *models.Operation {
	t.Helper()
	s, err := models.Load(service)
	if err != nil {
		t.Fatal(err)
	}
	return s.Operation(name)
}

func clientOf(s *service) *wire.Client {
	return &wire.Client{
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "SECRET", ""), Region: "us-east-1", HTTP: &http.Client{Transport: s},
	}
}

func TestWhatIsTriedAgain(t *testing.T) {
	reset := answer{err: errors.New("connection reset by peer")}
	for name, c := range map[string]struct {
		answers []answer
		asked   int
		says    string // "" for success
	}{
		"fine":           {[]answer{fine}, 1, ""},
		"throttled once": {[]answer{fault(400, "ThrottlingException"), fine}, 2, ""},
		"throttled differently": {
			[]answer{fault(400, "ProvisionedThroughputExceededException"), fault(400, "PriorRequestNotComplete"), fine}, 3, "",
		},
		"throttled for ever": {
			[]answer{fault(400, "ThrottlingException")}, 3,
			"An error occurred (ThrottlingException) when calling the ListTables operation (reached max retries: 2): because",
		},
		"out of order": {[]answer{fault(500, "InternalServerError"), fine}, 2, ""},
		"out of order for ever": {
			[]answer{fault(503, "ServiceUnavailable")}, 3,
			"An error occurred (ServiceUnavailable) when calling the ListTables operation (reached max retries: 2): because",
		},
		"no connection":      {[]answer{reset, fine}, 2, ""},
		"never a connection": {[]answer{reset}, 3, `Could not connect to the endpoint URL: "https://dynamodb.us-east-1.amazonaws.com/"`},
		"refused": {
			[]answer{fault(400, "ValidationException")}, 1,
			"An error occurred (ValidationException) when calling the ListTables operation: because",
		},
		"not allowed": {
			[]answer{fault(400, "AccessDeniedException")}, 1,
			"An error occurred (AccessDeniedException) when calling the ListTables operation: because",
		},
		"expired": {
			[]answer{fault(400, "ExpiredTokenException")}, 1,
			"An error occurred (ExpiredTokenException) when calling the ListTables operation: because",
		},
		"no text": {
			[]answer{{status: 502, body: "<html>"}}, 3,
			"An error occurred (502) when calling the ListTables operation (reached max retries: 2): <html>",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &service{answers: c.answers}
				client := clientOf(s)
				told := 0
				client.Retrying = func(_ *models.Operation, attempt int, wait time.Duration, _ error) {
					if told++; attempt != told || wait <= 0 || wait > 20*time.Second {
						t.Errorf("told of attempt %d in %v", attempt, wait)
					}
				}
				r, err := client.Do(t.Context(), operation(t, "dynamodb", "ListTables"), nil)
				says := ""
				if err != nil {
					says = err.Error()
				}
				if says != c.says || len(s.asked) != c.asked || told != c.asked-1 {
					t.Errorf("asked %d times, told %d times, said %q; want %d times and %q", len(s.asked), told, says, c.asked, c.says)
				}
				if err == nil && r.Retries != c.asked-1 {
					t.Errorf("%d retries", r.Retries)
				}
			})
		})
	}
}

func TestAttemptsAreThoseThatAreAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{answers: []answer{fault(400, "ThrottlingException")}}
		client := clientOf(s)
		client.Attempts = 5
		_, err := client.Do(t.Context(), operation(t, "dynamodb", "ListTables"), nil)
		var failure *wire.ServiceError
		if !errors.As(err, &failure) || failure.Retries != 4 || len(s.asked) != 5 {
			t.Errorf("asked %d times: %v", len(s.asked), err)
		}
	})
}

func TestWaitingForAnotherAttemptIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{answers: []answer{fault(400, "ThrottlingException")}}
		client := clientOf(s)
		ctx, cancel := context.WithCancel(t.Context())
		client.Retrying = func(*models.Operation, int, time.Duration, error) { cancel() }
		started := time.Now()
		if _, err := client.Do(ctx, operation(t, "dynamodb", "ListTables"), nil); !errors.Is(err, context.Canceled) ||
			time.Since(started) > time.Second {
			t.Errorf("ended after %v with %v", time.Since(started), err)
		}
	})
}

func TestAWrongClockIsCorrectedOnce(t *testing.T) {
	now := time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC)
	theirs := now.Add(-2 * time.Hour)
	skewed := fault(400, "InvalidSignatureException")
	skewed.date = theirs
	s := &service{answers: []answer{skewed, fine}}
	client := clientOf(s)
	client.Now = func() time.Time { return now }
	if _, err := client.Do(t.Context(), operation(t, "dynamodb", "ListTables"), nil); err != nil {
		t.Fatal(err)
	}
	if first, second := s.asked[0].Header.Get("X-Amz-Date"),
		s.asked[1].Header.Get("X-Amz-Date"); first != "20260314T090000Z" || second != "20260314T070000Z" {
		t.Errorf("signed at %s and %s", first, second)
	}
	wrong := fault(400, "InvalidSignatureException") // the clocks are the same: the key is wrong
	wrong.date = now
	s = &service{answers: []answer{wrong}}
	client = clientOf(s)
	client.Now = func() time.Time { return now }
	if _, err := client.Do(t.Context(), operation(t, "dynamodb", "ListTables"), nil); err == nil || len(s.asked) != 1 {
		t.Errorf("asked %d times: %v", len(s.asked), err)
	}
}

type noCredentials struct{}

func (noCredentials) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials{}, errors.New("no EC2 IMDS role found")
}

func TestNothingIsSentWithoutCredentialsOrRegion(t *testing.T) {
	s := &service{answers: []answer{fine}}
	op := operation(t, "dynamodb", "ListTables")
	var credentials *wire.CredentialsError
	client := clientOf(s)
	client.Credentials = noCredentials{}
	if _, err := client.Do(t.Context(), op, nil); !errors.As(err, &credentials) {
		t.Errorf("without credentials: %v", err)
	}
	client = clientOf(s)
	client.Region = ""
	var region wire.RegionError
	if _, err := client.Do(t.Context(), op, nil); !errors.As(err, &region) {
		t.Errorf("without a region: %v", err)
	}
	if len(s.asked) > 0 {
		t.Errorf("%d requests were sent", len(s.asked))
	}
	client.Region, client.Unsigned, client.Credentials = "us-east-1", true, nil
	if _, err := client.Do(t.Context(), op, nil); err != nil || s.asked[0].Header.Get("Authorization") != "" {
		t.Errorf("unsigned: %v, %v", err, s.asked)
	}
}

func TestWhereRequestsGo(t *testing.T) {
	bucket := document.NewObject(document.Member{Name: "Bucket", Value: "books"}, document.Member{Name: "Key", Value: "a/b c"})
	for _, c := range []struct {
		service, operation string
		input              *document.Object
		endpoint, region   string
		want               string
	}{
		{"dynamodb", "ListTables", nil, "", "eu-west-1", "POST https://dynamodb.eu-west-1.amazonaws.com/"},
		{"dynamodb", "ListTables", nil, "", "cn-north-1", "POST https://dynamodb.cn-north-1.amazonaws.com.cn/"},
		{"iam", "ListUsers", nil, "", "eu-west-1", "POST https://iam.amazonaws.com/"},
		{"s3", "HeadObject", bucket, "", "eu-west-1", "HEAD https://books.s3.eu-west-1.amazonaws.com/a/b%20c"},
		{"s3", "GetBucketLocation", bucket, "", "eu-west-1", "GET https://s3.eu-west-1.amazonaws.com/books?location="},
		{"s3", "HeadObject", bucket, "http://localhost:4566", "eu-west-1", "HEAD http://localhost:4566/books/a/b%20c"},
		{
			"s3", "ListObjectsV2", bucket, "http://localhost:4566", "eu-west-1",
			"GET http://localhost:4566/books?encoding-type=url&list-type=2",
		},
		{
			"cloudwatch", "DescribeAlarms", nil, "", "us-east-1",
			"POST https://monitoring.us-east-1.amazonaws.com/",
		},
		{"cloudwatch", "DescribeAlarms", nil, "http://localhost:4566", "us-east-1", "POST http://localhost:4566/"},
	} {
		s := &service{answers: []answer{{status: http.StatusOK}}}
		client := clientOf(s)
		client.Endpoint, client.Region = c.endpoint, c.region
		_, err := client.Do(t.Context(), operation(t, c.service, c.operation), c.input)
		if len(s.asked) == 0 {
			t.Errorf("%s %s: nothing was sent: %v", c.service, c.operation, err)
			continue
		}
		if got := s.asked[0].Method + " " + s.asked[0].URL.String(); got != c.want {
			t.Errorf("%s %s went to %s, want %s", c.service, c.operation, got, c.want)
		}
	}
}

func TestSimulatorsAreAskedInJSON(t *testing.T) {
	s := &service{answers: []answer{{status: http.StatusOK, body: "{}"}}}
	client := clientOf(s)
	client.Endpoint = "http://localhost:4566"
	if _, err := client.Do(t.Context(), operation(t, "cloudwatch", "DescribeAlarms"), nil); err != nil {
		t.Fatal(err)
	}
	if got := s.asked[0].Header; got.Get("X-Amz-Target") != "GraniteServiceVersion20100801.DescribeAlarms" ||
		got.Get("Content-Type") != "application/x-amz-json-1.0" || got.Get("Smithy-Protocol") != "" {
		t.Errorf("asked with %v", got)
	}
}

func TestABucketIsFoundInItsRegion(t *testing.T) {
	head := document.NewObject(document.Member{Name: "Bucket", Value: "books"}, document.Member{Name: "Key", Value: "k"})
	moved := answer{
		status: http.StatusMovedPermanently, region: "eu-west-1", body: "<Error><Code>PermanentRedirect</Code><Message>m</Message></Error>",
	}
	malformed := answer{
		status: http.StatusBadRequest,
		body:   "<Error><Code>AuthorizationHeaderMalformed</Code><Message>m</Message><Region>eu-west-1</Region></Error>",
	}
	for name, first := range map[string]answer{
		"moved": moved, "signed for another": malformed, "without a body": {status: http.StatusBadRequest, region: "eu-west-1"},
	} {
		s := &service{answers: []answer{first, {status: http.StatusOK}}}
		client := clientOf(s)
		for range 2 {
			if _, err := client.Do(t.Context(), operation(t, "s3", "HeadObject"), head); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		var hosts []string
		for _, r := range s.asked {
			_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "/")
			hosts = append(hosts, r.URL.Host+" "+strings.Split(scope, "/")[1])
		}
		if got, want := strings.Join(hosts, ", "),
			"books.s3.us-east-1.amazonaws.com us-east-1, books.s3.eu-west-1.amazonaws.com eu-west-1, "+
				"books.s3.eu-west-1.amazonaws.com eu-west-1"; got != want {
			t.Errorf("%s: asked %s", name, got)
		}
	}
	s := &service{answers: []answer{moved}}
	if _, err := clientOf(s).Do(t.Context(), operation(t, "s3", "HeadObject"), head); err == nil || len(s.asked) != 2 {
		t.Errorf("asked %d times of a bucket that is nowhere: %v", len(s.asked), err)
	}
	s = &service{answers: []answer{moved}}
	client := clientOf(s)
	client.Endpoint = "http://localhost:4566"
	if _, err := client.Do(t.Context(), operation(t, "s3", "HeadObject"), head); err == nil || len(s.asked) != 1 {
		t.Errorf("asked %d times at an address of one's own: %v", len(s.asked), err)
	}
}

// slow begins to answer after a while, and sends its body in pieces with pauses between them.
type slow struct {
	before, between time.Duration
	pieces, asked   int
}

func (s *slow) RoundTrip(r *http.Request) (*http.Response, error) {
	s.asked++
	select {
	case <-time.After(s.before):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: &pieces{slow: *s, ctx: r.Context()}}, nil
}

type pieces struct {
	slow
	ctx context.Context
	at  int
}

func (p *pieces) Read(b []byte) (int, error) {
	if p.at == p.pieces {
		return 0, io.EOF
	}
	select {
	case <-time.After(p.between):
	case <-p.ctx.Done():
		return 0, p.ctx.Err()
	}
	text := " "
	if p.at++; p.at == 1 {
		text = `{"TableNames":["t"]}`
	}
	return copy(b, text), nil
}

func (p *pieces) Close() error { return nil }

func TestSilenceIsNotWaitedOutForEver(t *testing.T) {
	for name, c := range map[string]struct {
		service slow
		silence time.Duration
		says    string
		asked   int
	}{
		"at once":            {slow{pieces: 1}, 0, "", 1},
		"late":               {slow{before: 50 * time.Second, pieces: 1}, 0, "", 1},
		"long, but going on": {slow{between: 50 * time.Second, pieces: 20}, 0, "", 1},
		"never": {
			slow{before: time.Hour, pieces: 1}, 0, `Read timeout on endpoint URL: "https://dynamodb.us-east-1.amazonaws.com/"`, 3,
		},
		"stopped in the middle": {
			slow{between: time.Hour, pieces: 2}, 0, `Read timeout on endpoint URL: "https://dynamodb.us-east-1.amazonaws.com/"`, 3,
		},
		"as the line asks for": {
			slow{before: 2 * time.Second, pieces: 1}, time.Second,
			`Read timeout on endpoint URL: "https://dynamodb.us-east-1.amazonaws.com/"`, 3,
		},
		"for ever, if asked for": {slow{before: time.Hour, pieces: 1}, -1, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				service := c.service
				client := clientOf(nil)
				client.HTTP, client.Silence = &http.Client{Transport: &service}, c.silence
				_, err := client.Do(t.Context(), operation(t, "dynamodb", "ListTables"), nil)
				says := ""
				if err != nil {
					says = err.Error()
				}
				if says != c.says || service.asked != c.asked {
					t.Errorf("asked %d times, said %q; want %d times and %q", service.asked, says, c.asked, c.says)
				}
			})
		})
	}
}

// TestNothingIsSentPastAFence closes a fence after some attempts of a call that is tried again.
func TestNothingIsSentPastAFence(t *testing.T) {
	for _, open := range []int{0, 1, 2} {
		synctest.Test(t, func(t *testing.T) {
			s := &service{answers: []answer{fault(500, "InternalServerError")}}
			closed := errors.New("it is closed")
			ctx := procedures.WithFence(t.Context(), func() error {
				if len(s.asked) == open {
					return closed
				}
				return nil
			})
			_, err := clientOf(s).Do(ctx, operation(t, "dynamodb", "ListTables"), nil)
			if !errors.Is(err, closed) || len(s.asked) != open {
				t.Errorf("%d requests were sent, want %d: %v", len(s.asked), open, err)
			}
		})
	}
}
