package protocol

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// Decode reads a successful answer as the AWS CLI shows it. A streaming payload
// is left out: it is the body itself.
func Decode(protocol string, op *models.Operation, status int, header http.Header, body []byte) (*document.Object, error) {
	o, err := shown.response(protocol, op, status, header, body)
	if err != nil {
		return nil, fmt.Errorf("read the answer of %s: %w", op.Name, err)
	}
	return o, nil
}

// response reads an answer by its protocol. An operation without an output gives an empty object,
// whatever the body holds.
func (r reading) response(protocol string, op *models.Operation, status int, header http.Header, body []byte) (*document.Object, error) {
	s := op.Output
	if s == nil {
		return &document.Object{}, nil
	}
	switch protocol {
	case Query, EC2:
		if len(s.Members) == 0 {
			return &document.Object{}, nil
		}
		root, err := parseXML(body)
		if err != nil {
			return nil, err
		}
		// awsQuery wraps the output in {Operation}Result beside ResponseMetadata; ec2Query puts it
		// next to requestId.
		if op.ResultWrapper != "" && protocol == Query {
			if root = root.child(op.ResultWrapper); root == nil {
				return &document.Object{}, nil
			}
		}
		return r.structureFromXML(s, root, nil)
	case RestJSON, RestXML:
		return r.restResponse(protocol, s, status, header, body)
	}
	v, err := parseBody(protocol, body)
	if err != nil {
		return nil, err
	}
	var out document.Value
	if protocol == CBOR {
		out, err = r.fromCBOR(s, v)
	} else {
		out, err = r.fromJSON(s, v)
	}
	o, _ := out.(*document.Object)
	if o == nil && err == nil {
		o = &document.Object{}
	}
	return o, err
}

// parseBody reads JSON or CBOR; an empty body is an empty object.
func parseBody(protocol string, body []byte) (document.Value, error) {
	if len(body) == 0 {
		return &document.Object{}, nil
	}
	if protocol == CBOR {
		return parseCBOR(body)
	}
	return document.Parse(body)
}

// restResponse reads what is not the body first, as botocore does.
func (r reading) restResponse(protocol string, s *models.Shape, status int, header http.Header, body []byte) (*document.Object, error) {
	out := &document.Object{}
	for _, m := range s.Members {
		v, ok, err := r.fromHead(m, status, header)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Name, err)
		}
		if ok {
			out.Set(m.Name, v)
		}
	}
	if s.Payload != "" {
		return out, r.payload(protocol, out, s.Member(s.Payload), body)
	}
	if len(body) == 0 {
		return out, nil
	}
	// A member bound to the URI or the query string means nothing in an answer, so that a
	// shape which is both input and output finds it in the body.
	inBody := func(m *models.Member) bool {
		return m.Location == "" || m.Location == "uri" || m.Location == "querystring"
	} // an answer has neither
	var rest *document.Object
	if protocol == RestXML {
		root, err := parseXML(body)
		if err != nil {
			return nil, err
		}
		if rest, err = r.structureFromXML(s, root, inBody); err != nil {
			return nil, err
		}
	} else {
		v, err := document.Parse(body)
		if err != nil {
			return nil, err
		}
		inner, err := r.structureFromJSON(s, v)
		if err != nil {
			return nil, err
		}
		rest = inner.(*document.Object)
	}
	for name, v := range rest.All() {
		if inBody(s.Member(name)) {
			out.Set(name, v)
		}
	}
	return out, nil
}

// fromHead reads a member that is bound to the status or to headers. ok is false for one of the body
// and for a header that was not sent.
func (r reading) fromHead(m *models.Member, status int, header http.Header) (document.Value, bool, error) {
	switch m.Location {
	case "statusCode":
		return int64(status), true, nil
	// The map exists even when it is empty, as botocore gives it: S3's Metadata is {} then.
	case "headers":
		o := &document.Object{}
		prefix := strings.ToLower(m.LocationName)
		for name, values := range header {
			if lower := strings.ToLower(name); strings.HasPrefix(lower, prefix) {
				o.Set(name[len(prefix):], values[0])
			}
		}
		lowerKeys(o)
		return o, true, nil
	// A repeated header is one list, by RFC 9110, section 5.3.
	case "header":
		values := header.Values(wireName(m))
		if len(values) == 0 {
			return nil, false, nil
		}
		v, err := r.headerValue(m, strings.Join(values, ","))
		return v, err == nil, err
	}
	return nil, false, nil
}

// lowerKeys sorts user metadata and writes its names in lower case, as S3 does.
func lowerKeys(o *document.Object) {
	keys := o.Keys()
	slices.Sort(keys)
	for _, k := range keys {
		v, _ := o.Get(k)
		o.Delete(k)
		o.Set(strings.ToLower(k), v)
	}
}

// headerValue reads a header's text: base64 of JSON for a jsonValue member, a list at its commas,
// else a leaf.
func (r reading) headerValue(m *models.Member, text string) (document.Value, error) {
	switch {
	case m.JSONValue:
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, err
		}
		return document.Parse(data)
	case m.Shape.Type == models.TypeList:
		out := document.List{}
		for part := range strings.SplitSeq(text, ",") {
			v, err := r.leafValue(m.Shape.Element.Shape, strings.TrimSpace(part))
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	}
	return r.leafValue(m.Shape, text)
}

// payload reads the member that is the whole body into out. A streaming one is left out: the sender
// has the body already.
func (r reading) payload(protocol string, out *document.Object, m *models.Member, body []byte) error {
	switch {
	case m.Streaming || m.Shape.Streaming || m.Shape.EventStream:
		return nil
	case m.Shape.Type == models.TypeString:
		out.Set(m.Name, string(body))
		return nil
	case m.Shape.Type == models.TypeBlob:
		out.Set(m.Name, r.blob(body))
		return nil
	// An absent body is an absent member, not an empty structure.
	case len(body) == 0:
		return nil
	}
	var v document.Value
	if protocol == RestXML {
		root, err := parseXML(body)
		if err != nil {
			return err
		}
		if v, err = r.fromXML(m.Shape, root); err != nil {
			return err
		}
	} else {
		parsed, err := document.Parse(body)
		if err != nil {
			return err
		}
		if v, err = r.fromJSON(m.Shape, parsed); err != nil {
			return err
		}
	}
	out.Set(m.Name, v)
	return nil
}

// Failure is an error as a service answered it.
type Failure struct {
	Code, Message string
	RequestID     string
	// Document holds the modeled members of the error but Code and Message, in the order in which botocore reads them: those of
	// the head first.
	Document *document.Object
}

// DecodeFailure reads an answer whose status says that it failed. What cannot be read keeps the status as its code.
func DecodeFailure(protocol string, op *models.Operation, status int, header http.Header, body []byte) Failure {
	f := Failure{RequestID: header.Get("X-Amzn-Requestid")}
	if f.RequestID == "" {
		f.RequestID = header.Get("X-Amz-Request-Id")
	}
	switch protocol {
	case Query, EC2, RestXML:
		f.fromXML(op, body)
	default:
		f.fromBody(protocol, op, header, body)
	}
	// Only the rest protocols bind members of an error to headers, such as Retry-After.
	if s := errorShape(op, f.Code); s != nil && (protocol == RestJSON || protocol == RestXML) {
		f.fromHead(s, status, header)
	}
	// A proxy, a load balancer or a HEAD request: there is no code to read, and the AWS CLI
	// prints the status in its place.
	if f.Code == "" {
		f.Code = fmt.Sprint(status)
		if f.Message == "" {
			f.Message = http.StatusText(status)
		}
	}
	return f
}

// fromHead reads the members that stand in the answer's head, such as when to come again.
func (f *Failure) fromHead(s *models.Shape, status int, header http.Header) {
	head := &document.Object{}
	for _, m := range s.Members {
		if v, ok, err := shown.fromHead(m, status, header); m.Location != "" && ok && err == nil && ownMember(m) {
			head.Set(m.Name, v)
		}
	}
	if head.Len() == 0 {
		return
	}
	for name, v := range f.Document.All() {
		head.Set(name, v)
	}
	f.Document = head
}

// fromXML reads the three forms of XML errors: awsQuery's ErrorResponse/Error, ec2Query's
// Response/Errors/Error and S3's bare Error. EC2 spells RequestID, the others RequestId. A body that
// is no XML leaves the code to the status.
func (f *Failure) fromXML(op *models.Operation, body []byte) {
	root, err := parseXML(body)
	if err != nil {
		return
	}
	n := root
	for _, name := range []string{"Errors", "Error"} {
		if inner := n.child(name); inner != nil {
			n = inner
		}
	}
	f.Code, f.Message = n.textAt("Code"), n.textAt("Message")
	for _, at := range []*node{root, n} {
		for _, name := range []string{"RequestId", "RequestID"} {
			if id := at.textAt(name); id != "" {
				f.RequestID = id
			}
		}
	}
	if s := errorShape(op, f.Code); s != nil {
		f.Document, _ = shown.structureFromXML(s, n, ownMember)
	}
}

// ownMember reports whether a member belongs to Failure.Document. Code and Message have fields of their own; one that is spelled
// in lower case is a member beside them, as with the AWS CLI.
func ownMember(m *models.Member) bool { return m.Name != "Message" && m.Name != "Code" }

// errorShape finds the operation's error of that code.
func errorShape(op *models.Operation, code string) *models.Shape {
	for _, e := range op.Errors {
		if e.Name == code || e.ErrorCode == code {
			return e
		}
	}
	return nil
}

// fromBody reads an error of a JSON protocol or of CBOR. The type is in the header X-Amzn-Errortype
// or in __type, code or Code of the body; restJson1 may append ":" and a URL, and a Smithy
// identifier has its namespace before "#": both are cut off.
func (f *Failure) fromBody(protocol string, op *models.Operation, header http.Header, body []byte) {
	v, err := parseBody(protocol, body)
	if err != nil && protocol != CBOR {
		f.Message = strings.TrimRight(string(body), "\r\n") // a proxy's page, say
	}
	o, _ := v.(*document.Object)
	// Services spell it either way, and Lambda's runtime says errorMessage.
	for _, name := range []string{"message", "Message", "errorMessage"} {
		if text, ok := o.Get(name); ok {
			f.Message, _ = text.(string)
			break
		}
	}
	code := header.Get("X-Amzn-Errortype")
	for _, name := range []string{"__type", "code", "Code"} {
		if text, _ := o.Get(name); code == "" && text != nil {
			code, _ = text.(string)
		}
	}
	code, _, _ = strings.Cut(code, ":")
	if at := strings.LastIndexByte(code, '#'); at >= 0 {
		code = code[at+1:]
	}
	f.Code = code
	// The shape is found by the modern code. A service that once spoke awsQuery also sends the old
	// one, "Code;Fault", and that is what the AWS CLI prints.
	s := errorShape(op, code)
	if query := header.Get("X-Amzn-Query-Error"); query != "" {
		f.Code, _, _ = strings.Cut(query, ";")
	}
	if s == nil || o == nil {
		return
	}
	f.Document = &document.Object{}
	for _, m := range s.Members {
		if !ownMember(m) {
			continue
		}
		if inner, ok := o.Get(wireName(m)); ok {
			if v, err := shown.fromJSON(m.Shape, inner); err == nil {
				f.Document.Set(m.Name, v)
			}
		}
	}
}
