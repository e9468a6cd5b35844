package sandbox

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/protocol"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/lazy"
)

// dialect is the protocol that a request came in, and its answer goes out in.
type dialect struct {
	protocol string
	service  *models.Service
	head     bool // the request was a HEAD
}

// send writes an answer; one to a HEAD has no body.
func (d *dialect) send(w http.ResponseWriter, a protocol.Answer) {
	for name, values := range a.Header {
		w.Header()[name] = values
	}
	if w.Header().Get("Content-Length") == "" || d.head {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.Body)))
	}
	w.WriteHeader(a.Status)
	if !d.head {
		_, _ = w.Write(a.Body) // a client that has gone away needs no answer
	}
}

// answer writes the output of an operation.
func (d *dialect) answer(w http.ResponseWriter, r *request, output *document.Object) {
	a, err := protocol.EncodeAnswer(d.protocol, r.op, output, r.id)
	if err != nil {
		d.fail(w, r, refuse(http.StatusInternalServerError, "InternalFailure", "the sandbox cannot write its answer: %v", err))
		return
	}
	if r.partial {
		a.Status = http.StatusPartialContent
	}
	if r.mark != "" {
		a.Header.Set(knowledge.Simulated, r.mark)
	}
	// A HEAD tells the length of the body that it does not send.
	if n, ok := output.Get("ContentLength"); ok && d.head {
		a.Header.Set("Content-Length", fmt.Sprint(n))
		for name, values := range a.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(a.Status)
		return
	}
	d.send(w, a)
}

// fail writes an error in the protocol of the request. r is nil where no operation was found.
func (d *dialect) fail(w http.ResponseWriter, r *request, e *serviceError) {
	id := ""
	if r != nil {
		id = r.id
	}
	d.send(w, protocol.EncodeFailure(d.protocol, d.service, e.Status, e.Code, e.Message, id))
}

// credential is the scope of a signature: date, region and service.
var credential = lazy.Regexp(`Credential=[^/,]*/[0-9]{8}/([^/]*)/([^/]*)/aws4_request`)

// signedFor returns the service that a request is signed for, or that its host names.
func signedFor(r *http.Request) string {
	// The signature is not verified: any credentials open the sandbox, which holds nothing.
	if m := credential().FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		return m[2]
	}
	if c := r.URL.Query().Get("X-Amz-Credential"); c != "" {
		if parts := strings.Split(c, "/"); len(parts) == 5 {
			return parts[3]
		}
	}
	if bucketHost().MatchString(r.Host) {
		return "s3"
	}
	// An unsigned request is told by its host: service.region.amazonaws.com.
	host, _, _ := strings.Cut(r.Host, ".")
	return host
}

// bucketHost is the host of a bucket at S3: the bucket's name stands before the service's.
var bucketHost = lazy.Regexp(`^(.+)\.s3[.-](?:[a-z0-9-]+\.)*amazonaws\.com(?::\d+)?$`)

// inPath puts the bucket of such a host where the models have it: first in the path.
func inPath(r *http.Request) *http.Request {
	m := bucketHost().FindStringSubmatch(r.Host)
	if m == nil {
		return r
	}
	clone := r.Clone(r.Context())
	clone.URL.RawPath = "/" + url.PathEscape(m[1]) + r.URL.EscapedPath()
	clone.URL.Path = "/" + m[1] + r.URL.Path
	return clone
}

// route finds the operation of a request and decodes its input.
func route(r *http.Request, body []byte) (*request, *dialect, error) {
	r = inPath(r)
	op, name, labels, err := findOperation(r, body)
	if err != nil {
		return nil, nil, err
	}
	d := &dialect{protocol: name, service: op.Service, head: r.Method == http.MethodHead}
	req := &request{service: op.Service, operation: op.Name, op: op, body: body, http: r}
	input, err := protocol.DecodeRequest(name, op, r, labels, body)
	if err != nil {
		return req, d, refuse(http.StatusBadRequest, "SerializationException", "the request of %s cannot be read: %v", op.Name, err)
	}
	if input == nil {
		input = &document.Object{}
	}
	req.input = input
	return req, d, nil
}

// findOperation finds the operation of a request, its protocol, and the labels of its path. AWS's protocols name it in four ways:
// a header of the target, the path of CBOR, the form member Action, or method and path.
func findOperation(r *http.Request, body []byte) (*models.Operation, string, map[string]string, error) {
	signed := signedFor(r)
	switch target := r.Header.Get("X-Amz-Target"); {
	// The path is /service/{name}/operation/{operation}; the model's name may have a namespace
	// before it.
	case r.Header.Get("Smithy-Protocol") == "rpc-v2-cbor":
		parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
		if len(parts) < 4 {
			return nil, "", nil, fmt.Errorf("path %s", r.URL.Path)
		}
		n := len(parts)
		op, err := named(func(h *models.ServiceHead) bool { return strings.HasSuffix(h.TargetPrefix, parts[n-3]) }, signed, parts[n-1])
		return op, protocol.CBOR, nil, err
	case target != "":
		prefix, name, _ := strings.Cut(target, ".")
		if at := strings.LastIndexByte(target, '.'); at > 0 {
			prefix, name = target[:at], target[at+1:]
		}
		op, err := named(func(h *models.ServiceHead) bool { return h.TargetPrefix == prefix }, signed, name)
		return op, protocol.JSON, nil, err
	case strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded"):
		if values, err := url.ParseQuery(string(body)); err == nil && values.Get("Action") != "" {
			op, err := named(func(h *models.ServiceHead) bool {
				return h.APIVersion == values.Get("Version")
			}, signed, values.Get("Action"))
			if err != nil {
				return nil, "", nil, err
			}
			// Both query protocols look alike in a request; only the answers differ.
			if slices.Contains(op.Service.Protocols, protocol.EC2) {
				return op, protocol.EC2, nil, nil
			}
			return op, protocol.Query, nil, nil
		}
	}
	return byPath(r, signed)
}

// named finds an operation by its name among the services that fit, the one that the request is signed for first.
func named(fits func(*models.ServiceHead) bool, signed, operation string) (*models.Operation, error) {
	var likely [3][]string                   // by how like the service is to the one that is signed for
	for _, name := range models.Services() { // some services share all of it: rds, neptune and docdb
		head := models.Heads()[name]
		switch {
		case !fits(head):
		case name == signed:
			likely[0] = append(likely[0], name)
		case head.SigningName == signed || head.EndpointPrefix == signed:
			likely[1] = append(likely[1], name)
		default:
			likely[2] = append(likely[2], name)
		}
	}
	for _, name := range slices.Concat(likely[:]...) {
		s, err := models.Load(name)
		if err != nil {
			return nil, err
		}
		if op := s.Operation(operation); op != nil {
			return op, nil
		}
	}
	return nil, fmt.Errorf("operation %s of %s", operation, signed)
}

// byPath finds an operation of a rest protocol by method and path among the services that the request may be signed for.
func byPath(r *http.Request, signed string) (*models.Operation, string, map[string]string, error) {
	var best *models.Operation
	var labels map[string]string
	weight := -1
	for _, name := range models.Services() {
		head := models.Heads()[name]
		rest := slices.Contains(head.Protocols, protocol.RestJSON) || slices.Contains(head.Protocols, protocol.RestXML)
		if !rest || head.SigningName != signed && (head.SigningName != "" || head.EndpointPrefix != signed) {
			continue
		}
		s, err := models.Load(name)
		if err != nil {
			return nil, "", nil, err
		}
		for op := range s.Operations() {
			if l, n, ok := protocol.Match(op, r.Method, r.URL.EscapedPath(), r.URL.Query()); ok &&
				(n > weight || n == weight && prefer(op, best, r)) {
				best, labels, weight = op, l, n
			}
		}
	}
	if best == nil {
		return nil, "", nil, fmt.Errorf("%s %s, signed for %q", r.Method, r.URL.Path, signed)
	}
	if slices.Contains(best.Service.Protocols, protocol.RestXML) {
		return best, protocol.RestXML, labels, nil
	}
	return best, protocol.RestJSON, labels, nil
}

// prefer decides between operations of one path: the header x-amz-copy-source tells a copy, and what is deprecated has a successor there.
func prefer(op, other *models.Operation, r *http.Request) bool {
	if other == nil {
		return true
	}
	copying := r.Header.Get("X-Amz-Copy-Source") != ""
	isCopy := strings.Contains(op.Name, "Copy")
	if isCopy != strings.Contains(other.Name, "Copy") {
		return isCopy == copying
	}
	if op.Deprecated != other.Deprecated {
		return other.Deprecated
	}
	return op.Name < other.Name
}

// plainBody decodes a content encoding.
func plainBody(r *http.Request, body []byte) ([]byte, error) {
	if r.Header.Get("Content-Encoding") != "gzip" {
		return body, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(z, maxRequest))
}

// unchunked takes aws-chunked framing off a streamed upload.
func unchunked(r *http.Request, body []byte) []byte {
	if !strings.Contains(r.Header.Get("Content-Encoding"), "aws-chunked") &&
		!strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		return body
	}
	var out []byte
	for len(body) > 0 {
		line, rest, ok := bytes.Cut(body, []byte("\r\n"))
		if !ok {
			return out
		}
		// A chunk is its length in hexadecimal digits, its signature behind a semicolon, and
		// its bytes; trailers follow the chunk of length 0 and are not read.
		digits, _, _ := bytes.Cut(line, []byte(";"))
		n, err := strconv.ParseInt(string(digits), 16, 64)
		if err != nil || n == 0 || n > int64(len(rest)) {
			return out
		}
		out = append(out, rest[:n]...)
		body = bytes.TrimPrefix(rest[n:], []byte("\r\n"))
	}
	return out
}
