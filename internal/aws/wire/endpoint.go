package wire

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/endpoints"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/protocol"
	"github.com/opsbook/opsbook/internal/document"
)

// preferred are the protocols in the order in which the AWS CLI prefers them (botocore/utils.py), whatever the service does.
var preferred = []string{protocol.JSON, protocol.RestJSON, protocol.RestXML, protocol.CBOR, protocol.Query, protocol.EC2}

// protocolOf chooses the protocol. At an address of one's own the newest is not asked for: simulators have no CBOR.
// "" is no protocol, which encoding refuses.
func (c *Client) protocolOf(s *models.Service) string {
	for _, p := range preferred {
		if !slices.Contains(s.Protocols, p) || p == protocol.CBOR && c.customEndpoint(s) != "" && len(s.Protocols) > 1 {
			continue
		}
		return p
	}
	return ""
}

// customEndpoint is the address that replaces AWS's own for a service, "" for none.
func (c *Client) customEndpoint(s *models.Service) string {
	if c.EndpointOf != nil {
		if e := c.EndpointOf(s.Name); e != "" {
			return e
		}
	}
	return c.Endpoint
}

// resolve finds where the call goes.
// The rules are AWS's own rule sets, which take the region, the flags and members of the input. A region that S3 has
// named for the bucket replaces the client's. Without a region there is RegionError, but for S3 and services with one
// global endpoint.
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
		if s.Name == "s3" { // simulators serve buckets by path; a bucket's own host name would not resolve there
			p["ForcePathStyle"] = true
		}
	}
	if s.Name == "s3" && op.Name == "GetBucketLocation" { // asked of any region, whose host names would want the bucket's own
		p["ForcePathStyle"] = true
	}
	e, err := c.Endpoints.Resolve(s, p)
	if err != nil {
		return e, err // in the words of the rules, as botocore's InvalidEndpointConfiguration and its like
	}
	return e, nil
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

// address joins the endpoint and the request's path, and puts a host prefix before the host.
// The path is escaped already; u.Path and RawPath are set together, so that url.URL sends it as it is.
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
	// S3 Control's rules put the account there themselves.
	account := op.Service.Name == "s3control" && op.HostPrefix == "{AccountId}." && op.StaticContext["RequiresAccountId"] == true
	if op.HostPrefix != "" && !account && c.customEndpoint(op.Service) == "" {
		prefix := op.HostPrefix
		for name, v := range input.All() {
			prefix = strings.ReplaceAll(prefix, "{"+name+"}", fmt.Sprint(v))
		}
		u.Host = prefix + u.Host
	}
	return u, nil
}

// bucketLabel is the bucket as the operation's path has it; a text that no path begins with where there is none.
func bucketLabel(op *models.Operation, input *document.Object) string {
	v, _ := input.Get("Bucket")
	bucket, _ := v.(string)
	if !strings.HasPrefix(op.URI, "/{Bucket}") || bucket == "" {
		return "\x00"
	}
	return url.PathEscape(bucket)
}
