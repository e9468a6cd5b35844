// Package wire sends calls to AWS: any operation of any service, by its model. The
// credentials, the signer and the rules for trying again are the SDK's.
package wire

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/opsbook/opsbook/internal/aws/endpoints"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/protocol"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Client sends calls of one identity in one region. It is safe for concurrent use.
type Client struct {
	Credentials aws.CredentialsProvider // nil or Unsigned: requests are not signed
	Region      string
	HTTP        *http.Client // nil: http.DefaultClient
	// Endpoint replaces every service's address; EndpointOf, where it returns one, a single service's.
	Endpoint   string
	EndpointOf func(service string) string
	Unsigned   bool
	UseFIPS    bool
	DualStack  bool
	// Attempts is how often a call is tried in all; 0 means 3, as the AWS CLI does.
	Attempts int
	// Silence is how long a service may say nothing: 0 means a minute, as for the AWS CLI, and less than 0 for ever.
	Silence time.Duration
	// CheckAnswers asks services for the checksums of what they answer, and compares them.
	CheckAnswers bool
	// Retrying is told before a further attempt is waited for; may be nil.
	Retrying func(op *models.Operation, attempt int, wait time.Duration, err error)
	// Pace is shared by the clients whose calls count together, Account being whose calls they are; nil: each call for itself.
	Pace    *Pace
	Account string
	// Pacing is told before a call waits long for its turn; may be nil.
	Pacing func(op *models.Operation, wait time.Duration)
	Now    func() time.Time // nil: the machine's clock
	// Endpoints remembers where calls go; nil: the rules are evaluated for each call.
	Endpoints *endpoints.Resolver

	buckets sync.Map // S3's buckets that turned out to be in another region: name → region
}

// In is a client like this one for another region.
func (c *Client) In(region string) *Client {
	return &Client{
		Credentials: c.Credentials, Region: region, HTTP: c.HTTP, Endpoint: c.Endpoint, EndpointOf: c.EndpointOf, Unsigned: c.Unsigned,
		UseFIPS: c.UseFIPS, DualStack: c.DualStack, Attempts: c.Attempts, Silence: c.Silence, CheckAnswers: c.CheckAnswers,
		Retrying: c.Retrying, Pace: c.Pace, Account: c.Account, Pacing: c.Pacing, Now: c.Now, Endpoints: c.Endpoints,
	}
}

// Response is what a call gave.
// Retries are the attempts after the first. Of a streaming answer, Output has the headers' members only.
type Response struct {
	Output   *document.Object
	Body     io.ReadCloser // of a streaming answer, else nil; the caller closes it
	Retries  int
	Endpoint string
	// RequestID is by which AWS knows the last attempt, and Status that of HTTP.
	RequestID string
	Status    int
}

// Do makes a call: it is tried again where the failure may pass, until ctx ends, and where S3 says that the
// bucket is in another region, there.
// The errors are *ServiceError, *ConnectError, *CredentialsError, RegionError, those of encoding and decoding, and the
// context's. The input is not changed, and may be shared.
func (c *Client) Do(ctx context.Context, op *models.Operation, input *document.Object) (answer *Response, err error) {
	ctx, span := c.startCall(ctx, op)
	defer func() { endCall(span, answer, err) }()
	r, err := c.do(ctx, op, input)
	var failure *ServiceError
	if !errors.As(err, &failure) || failure.BucketRegion == "" || c.customEndpoint(op.Service) != "" || op.Name == "CreateBucket" {
		return r, err
	}
	bucket := bucketOf(op.Service, input)
	// A region that S3 has named already, or that was used, would only be refused again.
	if known, ok := c.buckets.Load(bucket); bucket == "" || ok && known == failure.BucketRegion || !ok && failure.BucketRegion == c.Region {
		return r, err
	}
	if v, _ := input.Get("Body"); isReader(v) {
		return r, err // it was read
	}
	c.buckets.Store(bucket, failure.BucketRegion)
	return c.do(ctx, op, input)
}

func isReader(v document.Value) bool {
	_, ok := v.(io.Reader)
	return ok
}

// do makes the call in the region that is known so far. The order is encode, resolve, sign: the endpoint's rules see
// the input's members.
func (c *Client) do(ctx context.Context, op *models.Operation, input *document.Object) (*Response, error) {
	s := op.Service
	if input == nil {
		input = &document.Object{}
	}
	input, encoded := c.prepare(op, withTokens(op, input)), false
	if s.Name == "s3" {
		input, encoded = encodeKeys(op, input)
	}
	endpoint, err := c.resolve(s, op, input)
	if err != nil {
		return nil, err
	}
	name := c.protocolOf(s)
	request, err := protocol.Encode(name, op, input)
	if err != nil {
		return nil, fmt.Errorf("write the request of %s: %w", op.Name, err)
	}
	if change := requested[s.Name]; change != nil {
		if err := change(op, request); err != nil {
			return nil, err
		}
	}
	address, err := c.address(op, endpoint, request, input)
	if err != nil {
		return nil, err
	}
	if err := c.signSource(ctx, op, request, address); err != nil {
		return nil, err
	}
	call := &call{Client: c, op: op, protocol: name, endpoint: endpoint, encoded: request, address: address, input: input, urlKeys: encoded}
	return call.attempts(ctx)
}

// withTokens is the input with a fresh idempotency token for each that is absent.
// They are random UUIDs (RFC 9562, version 4). All attempts of a call send the same ones, so that the service recognises
// a repetition.
func withTokens(op *models.Operation, input *document.Object) *document.Object {
	if op.Input == nil {
		return input
	}
	given := input
	for _, m := range op.Input.Members {
		if _, ok := input.Get(m.Name); m.Idempotency && !ok {
			var b [16]byte
			_, _ = rand.Read(b[:]) // never fails: crypto/rand
			b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
			if input == given {
				input = &document.Object{}
				for name, v := range given.All() {
					input.Set(name, v)
				}
			}
			input.Set(m.Name, fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]))
		}
	}
	return input
}

func (c *Client) clock() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}

// once makes one attempt, where it may be sent. An answer with an error status is a *ServiceError, no answer a *ConnectError.
func (c *call) once(ctx context.Context) (*Response, error) {
	request, err := c.request(ctx)
	if err != nil {
		return nil, err
	}
	if err := procedures.MaySend(ctx); err != nil {
		return nil, fmt.Errorf("%s was not sent: %w", c.op.Name, err)
	}
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	line := c.listen(ctx)
	response, err := client.Do(request.WithContext(line.ctx))
	if err != nil {
		line.hangUp()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &ConnectError{URL: c.address.String(), Err: line.reason(err)}
	}
	response.Body = line.body(response.Body)
	answer, err := c.read(response, limits.From(ctx))
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return answer, err
}

// decodedBytes is what a byte of an answer takes when it is decoded, with what is printed of it.
const decodedBytes = 3

// read decodes an answer. Of a stream the body is handed on unread, for the caller to close.
func (c *call) read(response *http.Response, meter *limits.Meter) (*Response, error) {
	streams := c.op.Output != nil && c.op.Output.Payload != "" && c.op.Output.Member(c.op.Output.Payload).Shape.Type == models.TypeBlob
	success := response.StatusCode < 300
	if streams && success {
		output, err := protocol.Decode(c.protocol, c.op, response.StatusCode, readable(c.op, response.Header), nil)
		if err != nil {
			response.Body.Close()
			return nil, err
		}
		output.Delete(c.op.Output.Payload)
		customizeAnswer(c.op, output, response.Header, nil)
		body := response.Body
		if asked, _ := c.input.Get(c.op.ChecksumMode); asked == "ENABLED" {
			body = compared(output, body)
		}
		return &Response{
			Output: output, Body: body, Endpoint: c.address.String(),
			RequestID: requestID(response.Header), Status: response.StatusCode,
		}, nil
	}
	defer response.Body.Close()
	// It is read into memory, and decoded from there.
	part := meter.Part(0)
	defer part.Close()
	held := limits.Buffer{Meter: part, Most: limits.AnswerBytes}
	var bound *limits.Error
	if _, err := io.Copy(&held, response.Body); errors.As(err, &bound) {
		return nil, bound
	} else if err != nil {
		return nil, &ConnectError{URL: c.address.String(), Err: err}
	}
	body := held.Bytes()
	if err := meter.Charge(decodedBytes * int64(len(body))); err != nil { // until the command ends
		return nil, err
	}
	// S3 may answer 200 and then fail, such as for CopyObject and CompleteMultipartUpload; the body is then an error.
	hidden := success && c.op.Service.Name == "s3" && len(body) > 0 && bytes.Contains(body[:min(len(body), 200)], []byte("<Error>"))
	if !success || hidden {
		return nil, c.failure(response, body)
	}
	output, err := protocol.Decode(c.protocol, c.op, response.StatusCode, readable(c.op, response.Header), body)
	if err != nil {
		return nil, err
	}
	customizeAnswer(c.op, output, response.Header, body)
	if c.urlKeys {
		decodeKeys(c.op, output)
	}
	return &Response{
		Output: output, Endpoint: c.address.String(), RequestID: requestID(response.Header), Status: response.StatusCode,
	}, nil
}

// failure makes the service's error of an answer, with the service's clock and, for S3, the bucket's region.
func (c *call) failure(response *http.Response, body []byte) error {
	f := protocol.DecodeFailure(c.protocol, c.op, response.StatusCode, response.Header, body)
	e := &ServiceError{
		Service: c.op.Service.Name, Operation: c.op.Name, Code: f.Code, Message: f.Message, Status: response.StatusCode,
		RequestID: f.RequestID, Document: f.Document, Protocol: c.protocol,
	}
	if c.op.Service.Name == "s3" && wrongRegion(response.StatusCode, f.Code) {
		e.BucketRegion = response.Header.Get("X-Amz-Bucket-Region")
		if m := regionElement().FindSubmatch(body); e.BucketRegion == "" && m != nil {
			e.BucketRegion = string(m[1])
		}
	}
	if at, err := http.ParseTime(response.Header.Get("Date")); err == nil {
		e.Date = at
	}
	return e
}

var regionElement = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`<Region>([a-z0-9-]+)</Region>`) })

// wrongRegion reports whether S3 refuses because the bucket is in another region. To a HEAD it answers without a code.
func wrongRegion(status int, code string) bool {
	switch code {
	case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "301", "400":
		return true
	}
	return status == http.StatusMovedPermanently || status == http.StatusFound || status == http.StatusTemporaryRedirect
}

// request makes one attempt's signed request.
// The headers of the endpoint's rules replace the operation's.
func (c *call) request(ctx context.Context) (*http.Request, error) {
	var body io.Reader = bytes.NewReader(c.encoded.Body)
	if c.encoded.Stream != nil {
		body = c.encoded.Stream
	}
	if len(c.encoded.Body) == 0 && c.encoded.Stream == nil {
		body = nil
	}
	r, err := http.NewRequestWithContext(ctx, c.encoded.Method, c.address.String(), body)
	if err != nil {
		return nil, fmt.Errorf("request of %s: %w", c.op.Name, err)
	}
	for name, values := range c.encoded.Header {
		r.Header[name] = values
	}
	for name, values := range c.endpoint.Headers {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	r.Header.Set("User-Agent", "opsbook (aws-sdk-go-v2 signer)")
	c.checksum(r)
	err = c.sign(ctx, r)
	// Bodies come as they are kept: Go would ask for gzip, and unpack objects that are kept packed. It is not signed, as by botocore.
	if r.Header.Get("Accept-Encoding") == "" {
		r.Header.Set("Accept-Encoding", "identity")
	}
	return r, err
}
