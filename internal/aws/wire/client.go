// Package wire sends calls to AWS: any operation of any service, by its model. The
// credentials, the signer and the rules for trying again are the SDK's.
package wire

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/crc64"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/opsbook/opsbook/internal/aws/endpoints"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/protocol"
	"github.com/opsbook/opsbook/internal/document"
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
	// Retrying is told before a further attempt is waited for; may be nil.
	Retrying func(op *models.Operation, attempt int, wait time.Duration, err error)
	// Pace is shared by the clients whose calls count together, Account being whose calls they are; nil: each call for itself.
	Pace    *Pace
	Account string
	// Pacing is told before a call waits long for its turn; may be nil.
	Pacing func(op *models.Operation, wait time.Duration)
	Now    func() time.Time // nil: the machine's clock

	buckets sync.Map // S3's buckets that turned out to be in another region: name → region
}

// Response is what a call gave.
type Response struct {
	Output   *document.Object
	Body     io.ReadCloser // of a streaming answer, else nil; the caller closes it
	Retries  int
	Endpoint string
}

// ServiceError is an error that the service answered with.
type ServiceError struct {
	Service, Operation string
	Code, Message      string
	Status             int // of HTTP
	RequestID          string
	Retries            int
	Exhausted          bool             // all attempts were used up
	Document           *document.Object // the error's other members; nil where there are none
	Date               time.Time        // the service's clock, zero where it did not say
	BucketRegion       string           // where S3 says that the bucket is
}

// Error is worded as botocore words it.
func (e *ServiceError) Error() string {
	exhausted := ""
	if e.Exhausted {
		exhausted = fmt.Sprintf(" (reached max retries: %d)", e.Retries)
	}
	return fmt.Sprintf("An error occurred (%s) when calling the %s operation%s: %s", e.Code, e.Operation, exhausted, e.Message)
}

// ErrorCode is what the SDK's rules for trying again ask for.
func (e *ServiceError) ErrorCode() string { return e.Code }

// HTTPStatusCode is what they ask for as well.
func (e *ServiceError) HTTPStatusCode() int { return e.Status }

// ConnectError says that no answer came.
type ConnectError struct {
	URL string
	Err error
}

func (e *ConnectError) Error() string {
	if errors.Is(e.Err, errSilent) {
		return fmt.Sprintf("Read timeout on endpoint URL: %q", e.URL)
	}
	if isTimeout(e.Err) {
		return fmt.Sprintf("Connect timeout on endpoint URL: %q", e.URL)
	}
	return fmt.Sprintf("Could not connect to the endpoint URL: %q", e.URL)
}

func (e *ConnectError) Unwrap() error { return e.Err }

// CredentialsError says that there are none, or that they cannot be had.
type CredentialsError struct{ Err error }

func (e *CredentialsError) Error() string {
	return "Unable to locate credentials. You can configure credentials by running \"aws login\"."
}
func (e *CredentialsError) Unwrap() error { return e.Err }

// RegionError says that the region is not known.
type RegionError struct{}

func (RegionError) Error() string {
	return "You must specify a region. You can also configure your region by running \"aws configure\"."
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// protocolOf chooses the protocol. At an address of one's own the newest is not
// asked for: simulators have no CBOR.
func (c *Client) protocolOf(s *models.Service) string {
	for _, p := range s.Protocols {
		if p == protocol.CBOR && c.customEndpoint(s) != "" && len(s.Protocols) > 1 {
			continue
		}
		return p
	}
	return ""
}

func (c *Client) customEndpoint(s *models.Service) string {
	if c.EndpointOf != nil {
		if e := c.EndpointOf(s.Name); e != "" {
			return e
		}
	}
	return c.Endpoint
}

// resolve finds where the call goes.
func (c *Client) resolve(s *models.Service, op *models.Operation, input *document.Object) (endpoints.Endpoint, error) {
	custom := c.customEndpoint(s)
	region := c.Region
	if elsewhere, ok := c.buckets.Load(bucketOf(s, input)); ok {
		region = elsewhere.(string)
	}
	switch {
	case region == "" && s.Name == "s3":
		region = "aws-global"
	case region == "" && (s.GlobalEndpoint == "" || custom != ""):
		return endpoints.Endpoint{}, RegionError{}
	}
	p := endpoints.Parameters{"Region": region, "UseFIPS": c.UseFIPS, "UseDualStack": c.DualStack}
	for name, v := range op.StaticContext {
		p[name] = v
	}
	for name, expression := range op.OperationContext {
		if q, err := document.Compile(expression); err == nil {
			if v, err := q.Search(input); err == nil {
				p[name] = v
			}
		}
	}
	if op.Input != nil {
		for _, m := range op.Input.Members {
			if v, ok := input.Get(m.Name); ok && m.ContextParam != "" {
				p[m.ContextParam] = v
			}
		}
	}
	if custom != "" {
		p["Endpoint"] = custom
		p["ForcePathStyle"] = true
		if s.Name != "s3" {
			return endpoints.Endpoint{URL: custom}, nil
		}
	}
	e, err := endpoints.Resolve(s, p)
	if err != nil {
		return e, fmt.Errorf("Invalid endpoint: %w", err)
	}
	return e, nil
}

// Do makes a call: it is tried again where the failure may pass, until ctx ends, and where S3 says that the
// bucket is in another region, there.
func (c *Client) Do(ctx context.Context, op *models.Operation, input *document.Object) (*Response, error) {
	r, err := c.do(ctx, op, input)
	var failure *ServiceError
	if !errors.As(err, &failure) || failure.BucketRegion == "" || c.customEndpoint(op.Service) != "" || op.Name == "CreateBucket" {
		return r, err
	}
	bucket := bucketOf(op.Service, input)
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

// bucketOf is the bucket that a call of S3 is about, "" for all others.
func bucketOf(s *models.Service, input *document.Object) string {
	if s.Name != "s3" {
		return ""
	}
	v, _ := input.Get("Bucket")
	bucket, _ := v.(string)
	return bucket
}

func (c *Client) do(ctx context.Context, op *models.Operation, input *document.Object) (*Response, error) {
	s := op.Service
	if input == nil {
		input = &document.Object{}
	}
	fillTokens(op, input)
	input, encoded := encodeKeys(op, input)
	endpoint, err := c.resolve(s, op, input)
	if err != nil {
		return nil, err
	}
	name := c.protocolOf(s)
	request, err := protocol.Encode(name, op, input)
	if err != nil {
		return nil, fmt.Errorf("write the request of %s: %w", op.Name, err)
	}
	address, err := c.address(op, endpoint, request, input)
	if err != nil {
		return nil, err
	}
	call := &call{Client: c, op: op, protocol: name, endpoint: endpoint, encoded: request, address: address, urlKeys: encoded}
	return call.attempts(ctx)
}

// address joins the endpoint and the request's path, and puts a host prefix before the host.
func (c *Client) address(op *models.Operation, e endpoints.Endpoint, r *protocol.Request, input *document.Object) (*url.URL, error) {
	u, err := url.Parse(e.URL)
	if err != nil {
		return nil, fmt.Errorf("endpoint %q: %w", e.URL, err)
	}
	path := r.Path
	if op.Service.Name == "s3" { // the rules have put the bucket where it belongs
		path = strings.TrimPrefix(path, "/"+bucketLabel(op, input))
		if !strings.HasPrefix(path, "/") {
			path = "/" + path
		}
	}
	base := strings.TrimSuffix(u.EscapedPath(), "/")
	if op.Service.Name == "s3" && base != "" && path == "/" {
		path = ""
	}
	u.RawPath = base + path
	if u.Path, err = url.PathUnescape(u.RawPath); err != nil {
		return nil, fmt.Errorf("path %q: %w", u.RawPath, err)
	}
	u.RawQuery = r.RawQuery
	if op.HostPrefix != "" && c.customEndpoint(op.Service) == "" {
		prefix := op.HostPrefix
		for name, v := range input.All() {
			prefix = strings.ReplaceAll(prefix, "{"+name+"}", fmt.Sprint(v))
		}
		u.Host = prefix + u.Host
	}
	return u, nil
}

func bucketLabel(op *models.Operation, input *document.Object) string {
	v, _ := input.Get("Bucket")
	bucket, _ := v.(string)
	if !strings.HasPrefix(op.URI, "/{Bucket}") || bucket == "" {
		return "\x00"
	}
	return url.PathEscape(bucket)
}

// fillTokens gives every idempotency token that is absent a fresh one.
func fillTokens(op *models.Operation, input *document.Object) {
	if op.Input == nil {
		return
	}
	for _, m := range op.Input.Members {
		if _, ok := input.Get(m.Name); m.Idempotency && !ok {
			var b [16]byte
			_, _ = rand.Read(b[:]) // never fails: crypto/rand
			b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
			input.Set(m.Name, fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]))
		}
	}
}

func (c *Client) clock() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}

func (c *call) once(ctx context.Context) (*Response, error) {
	request, err := c.request(ctx)
	if err != nil {
		return nil, err
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
	answer, err := c.read(response)
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return answer, err
}

// maxAnswer bounds an answer that is no stream.
const maxAnswer = 256 << 20 // bytes

func (c *call) read(response *http.Response) (*Response, error) {
	streams := c.op.Output != nil && c.op.Output.Payload != "" && c.op.Output.Member(c.op.Output.Payload).Shape.Type == models.TypeBlob
	success := response.StatusCode < 300
	if streams && success {
		output, err := protocol.Decode(c.protocol, c.op, response.StatusCode, response.Header, nil)
		if err != nil {
			response.Body.Close()
			return nil, err
		}
		output.Delete(c.op.Output.Payload)
		return &Response{Output: output, Body: response.Body, Endpoint: c.address.String()}, nil
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return nil, &ConnectError{URL: c.address.String(), Err: err}
	}
	if len(body) > maxAnswer {
		return nil, fmt.Errorf("the answer of %s is larger than %d MiB", c.op.Name, maxAnswer>>20)
	}
	hidden := success && c.op.Service.Name == "s3" && len(body) > 0 && bytes.Contains(body[:min(len(body), 200)], []byte("<Error>"))
	if !success || hidden {
		return nil, c.failure(response, body)
	}
	output, err := protocol.Decode(c.protocol, c.op, response.StatusCode, response.Header, body)
	if err != nil {
		return nil, err
	}
	customize(c.op, output)
	if c.urlKeys {
		decodeKeys(c.op, output)
	}
	return &Response{Output: output, Endpoint: c.address.String()}, nil
}

func (c *call) failure(response *http.Response, body []byte) error {
	f := protocol.DecodeFailure(c.protocol, c.op, response.StatusCode, response.Header, body)
	e := &ServiceError{
		Service: c.op.Service.Name, Operation: c.op.Name, Code: f.Code, Message: f.Message, Status: response.StatusCode, RequestID: f.RequestID, Document: f.Document,
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
	return r, c.sign(ctx, r)
}

// checksum adds what the model's httpChecksum trait requires.
func (c *call) checksum(r *http.Request) {
	algorithm := r.Header.Get("X-Amz-Sdk-Checksum-Algorithm") // what --checksum-algorithm asks for
	if !c.op.ChecksumRequired && algorithm == "" || c.encoded.Stream != nil {
		return
	}
	for name := range r.Header {
		if strings.HasPrefix(name, "X-Amz-Checksum-") || name == "Content-Md5" {
			return
		}
	}
	if algorithm == "" {
		algorithm = "CRC32"
	}
	sum, ok := sumOf(algorithm, c.encoded.Body)
	if !ok {
		return // the service refuses it and says which there are
	}
	r.Header.Set("X-Amz-Checksum-"+algorithm, base64.StdEncoding.EncodeToString(sum))
	if c.op.ChecksumMember != "" {
		r.Header.Set("X-Amz-Sdk-Checksum-Algorithm", algorithm)
	}
}

// sumOf is a checksum of S3's: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
func sumOf(algorithm string, body []byte) (sum []byte, ok bool) {
	switch algorithm {
	case "CRC32":
		return binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(body)), true
	case "CRC32C":
		return binary.BigEndian.AppendUint32(nil, crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli))), true
	case "CRC64NVME":
		return binary.BigEndian.AppendUint64(nil, crc64.Checksum(body, crc64.MakeTable(0x9a6c9329ac4bc9b5))), true
	case "SHA1":
		s := sha1.Sum(body)
		return s[:], true
	case "SHA256":
		s := sha256.Sum256(body)
		return s[:], true
	}
	return nil, false
}

// Presign makes an address that anybody can read with for a while, without sending anything.
func (c *Client) Presign(ctx context.Context, op *models.Operation, input *document.Object, lasts time.Duration) (string, error) {
	endpoint, err := c.resolve(op.Service, op, input)
	if err != nil {
		return "", err
	}
	encoded, err := protocol.Encode(c.protocolOf(op.Service), op, input)
	if err != nil {
		return "", fmt.Errorf("write the request of %s: %w", op.Name, err)
	}
	address, err := c.address(op, endpoint, encoded, input)
	if err != nil {
		return "", err
	}
	r, err := http.NewRequestWithContext(ctx, encoded.Method, address.String(), nil)
	if err != nil {
		return "", fmt.Errorf("request of %s: %w", op.Name, err)
	}
	if c.Credentials == nil {
		return "", &CredentialsError{}
	}
	credentials, err := c.Credentials.Retrieve(ctx)
	if err != nil {
		return "", &CredentialsError{Err: err}
	}
	query := r.URL.Query()
	query.Set("X-Amz-Expires", fmt.Sprint(int64(lasts/time.Second)))
	r.URL.RawQuery = query.Encode()
	service, region := op.Service.SigningName, c.Region
	if endpoint.SigningName != "" {
		service = endpoint.SigningName
	}
	if endpoint.SigningRegion != "" {
		region = endpoint.SigningRegion
	}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = strings.HasPrefix(service, "s3") })
	signed, _, err := signer.PresignHTTP(ctx, credentials, r, "UNSIGNED-PAYLOAD", service, region, c.clock())
	return signed, err
}

func (c *call) sign(ctx context.Context, r *http.Request) error {
	if c.Unsigned || c.op.AuthType == "none" || c.Credentials == nil && c.op.AuthType == "v4-unsigned-body" {
		return nil
	}
	if c.Credentials == nil {
		return &CredentialsError{}
	}
	credentials, err := c.Credentials.Retrieve(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &CredentialsError{Err: err}
	}
	sum := sha256.Sum256(c.encoded.Body)
	hash := hex.EncodeToString(sum[:])
	if c.encoded.Stream != nil || c.op.Unsigned {
		hash = "UNSIGNED-PAYLOAD"
	}
	service, region := c.op.Service.SigningName, c.Region
	if c.endpoint.SigningName != "" {
		service = c.endpoint.SigningName
	}
	if c.endpoint.SigningRegion != "" {
		region = c.endpoint.SigningRegion
	}
	if region == "" {
		region = "us-east-1"
	}
	isS3 := strings.HasPrefix(service, "s3")
	if isS3 {
		r.Header.Set("X-Amz-Content-Sha256", hash)
	}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = isS3 || c.endpoint.PathEscapedOnce })
	return signer.SignHTTP(ctx, credentials, r, hash, service, region, c.clock().Add(c.skew))
}
