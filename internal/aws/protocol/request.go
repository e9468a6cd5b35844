package protocol

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sort"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// Request is what a client sends, before it has an endpoint and a signature.
type Request struct {
	Method   string
	Path     string // escaped
	RawQuery string
	Header   http.Header
	Body     []byte
	Stream   io.Reader // instead of Body, for a streaming payload that was given as a reader
}

// Encode writes an input.
func Encode(protocol string, op *models.Operation, input *document.Object) (*Request, error) {
	r := &Request{Method: op.Method, Path: "/", Header: http.Header{}}
	if input == nil {
		input = &document.Object{}
	}
	shape := op.Input
	if shape == nil {
		shape = &models.Shape{Type: models.TypeStructure}
	}
	if hasFraction(input) {
		input, _ = wholeSeconds(protocol, shape, input).(*document.Object)
	}
	switch protocol {
	case JSON:
		return r, r.encodeJSON(op, shape, input)
	// Both send Action and Version in front of the parameters, always as POST to /.
	case Query, EC2:
		f := &form{ec2: protocol == EC2, values: url.Values{}}
		f.set("Action", op.Name)
		f.set("Version", op.Service.APIVersion)
		f.add("", nil, shape, input)
		r.Method, r.Body = http.MethodPost, f.encode()
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		return r, nil
	// The path names the service without its namespace: /service/{name}/operation/{operation}
	// (Smithy RPC v2).
	case CBOR:
		_, service, _ := strings.Cut(op.Service.TargetPrefix, "#")
		if service == "" {
			service = op.Service.TargetPrefix
		}
		r.Method, r.Path = http.MethodPost, "/service/"+service+"/operation/"+op.Name
		r.Header.Set("Smithy-Protocol", "rpc-v2-cbor")
		r.queryMode(op)
		r.Header.Set("Accept", "application/cbor")
		// An operation without an input has neither a body nor a Content-Type.
		if op.Input != nil {
			r.Header.Set("Content-Type", "application/cbor")
			r.Body = appendCBOR(nil, shape, input)
		}
		return r, nil
	case RestJSON, RestXML:
		return r, r.encodeRest(protocol, op, shape, input)
	}
	return nil, fmt.Errorf("protocol %q is not known", protocol)
}

// queryMode asks a service that spoke the query protocol once for the codes that its errors had there.
func (r *Request) queryMode(op *models.Operation) {
	if op.Service.QueryCompatible {
		r.Header.Set("X-Amzn-Query-Mode", "true")
	}
}

// encodeJSON writes awsJson 1.0 or 1.1: always POST, the operation in X-Amz-Target, and at least {}
// as the body.
func (r *Request) encodeJSON(op *models.Operation, shape *models.Shape, input *document.Object) error {
	r.Method = http.MethodPost
	version := op.Service.JSONVersion
	if version == "" {
		version = "1.0"
	}
	r.Header.Set("Content-Type", "application/x-amz-json-"+version)
	r.Header.Set("X-Amz-Target", op.Service.TargetPrefix+"."+op.Name)
	r.queryMode(op)
	var err error
	r.Body, err = document.Marshal(toJSON(shape, input))
	return err
}

// inBody reports whether a member of a rest protocol belongs to the body.
func inBody(m *models.Member) bool { return m.Location == "" }

// encodeRest writes restJson1 and restXml: members with a location go into the path, query string
// and headers, the payload member alone is the body, and without one the other members form
// it.
func (r *Request) encodeRest(protocol string, op *models.Operation, shape *models.Shape, input *document.Object) error {
	path, query, err := r.locations(op, shape, input)
	if err != nil {
		return err
	}
	r.Path, r.RawQuery = path, query
	if shape.Payload != "" {
		return r.encodePayload(protocol, shape.Member(shape.Payload), input)
	}
	some := false
	body := &document.Object{}
	for _, m := range shape.Members {
		if v, ok := input.Get(m.Name); inBody(m) {
			some = true
			if ok {
				body.Set(m.Name, v)
			}
		}
	}
	switch {
	// restJson1 sends {} where the input has body members of which none is set. restXml sends
	// nothing then.
	case protocol == RestJSON && some:
		r.typed("application/json")
		r.Body, err = document.Marshal(toJSON(shape, body))
	case protocol == RestXML && body.Len() > 0: // without a type, as botocore sends it
		w := &xmlWriter{timeFormat: iso8601}
		name, attrs := op.InputRoot, []string(nil)
		if name == "" {
			name = shape.Name
		}
		// The operation may declare the namespace of its input's root; the shape's applies
		// where it does not.
		if op.InputXMLNS != "" {
			attrs = []string{"xmlns", op.InputXMLNS}
		} else if shape.XMLNamespace != "" {
			attrs = []string{namespaceOf(shape), shape.XMLNamespace}
		}
		w.open(name, append(attrs, attributes(shape, body)...)...)
		w.members(shape, body, inBody)
		w.close(name)
		r.Body = w.Bytes()
	}
	return err
}

// locations fills the URI and writes the headers and the query string.
func (r *Request) locations(op *models.Operation, shape *models.Shape, input *document.Object) (path, query string, err error) {
	// The URI's own query string is constant, such as ?tagging of S3, and goes first.
	path, query, _ = strings.Cut(op.URI, "?")
	var parts []string
	if query != "" {
		parts = append(parts, query)
	}
	named := map[string]bool{} // in the query by members of their own, which go before those of a map
	for _, m := range shape.Members {
		if _, ok := input.Get(m.Name); ok && m.Location == "querystring" {
			named[wireName(m)] = true
		}
	}
	for _, m := range shape.Members {
		v, ok := input.Get(m.Name)
		switch m.Location {
		// An empty label would give another operation's path, such as the list's instead of one
		// item's.
		case "uri":
			text := leafText(m.Shape, v, iso8601)
			if !ok || text == "" {
				return "", "", fmt.Errorf("the URI wants %s", m.Name)
			}
			path = strings.ReplaceAll(path, "{"+wireName(m)+"}", EscapePath(text, false))
			// A greedy label, {Key+}, keeps its slashes.
			path = strings.ReplaceAll(path, "{"+wireName(m)+"+}", EscapePath(text, true))
		case "querystring":
			if ok && v != nil {
				parts = append(parts, queryParts(m, v, named)...)
			}
		// An empty text is sent for a string, which is a value; an empty list of a header is not.
		case "header":
			if ok {
				if text := headerText(m, v); text != "" || m.Shape.Type == models.TypeString {
					r.Header.Set(wireName(m), text)
				}
			}
		// A map under a header prefix: x-amz-meta- of S3.
		case "headers":
			if o, is := v.(*document.Object); is {
				for name, value := range o.All() {
					r.Header.Set(m.LocationName+name, fmt.Sprint(value))
				}
			}
		}
	}
	return path, strings.Join(parts, "&"), nil
}

// EscapePath escapes everything but unreserved characters, and slashes where they stay.
func EscapePath(s string, slashes bool) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.~", c) >= 0 ||
			slashes && c == '/' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// queryParts are the pairs of one member. A list repeats its name. A map has its keys as names,
// sorted so that the same input is always the same request; members with the same name win over it.
func queryParts(m *models.Member, v document.Value, named map[string]bool) []string {
	pair := func(name, value string) string { return EscapePath(name, false) + "=" + EscapePath(value, false) }
	switch v := v.(type) {
	case document.List:
		var out []string
		for _, item := range v {
			out = append(out, pair(wireName(m), leafText(elementOf(m.Shape), item, iso8601)))
		}
		return out
	case *document.Object:
		var out []string
		for name, inner := range v.All() {
			if named[name] {
				continue
			}
			if l, ok := inner.(document.List); ok {
				for _, item := range l {
					out = append(out, pair(name, fmt.Sprint(item)))
				}
				continue
			}
			out = append(out, pair(name, fmt.Sprint(inner)))
		}
		sort.Strings(out)
		return out
	}
	return []string{pair(wireName(m), leafText(m.Shape, v, iso8601))}
}

// headerText writes a member for a header: timestamps as HTTP dates, a jsonValue member as base64 of
// its JSON, a list separated by commas, with quotes around text that holds a comma or a quote.
func headerText(m *models.Member, v document.Value) string {
	// Amazon Lex sends its session attributes like this.
	if m.JSONValue {
		data, err := document.Marshal(v)
		if err != nil {
			return ""
		}
		return base64.StdEncoding.EncodeToString(data)
	}
	if l, ok := v.(document.List); ok {
		parts := make([]string, len(l))
		for i, item := range l {
			parts[i] = leafText(elementOf(m.Shape), item, rfc822)
			if strings.ContainsAny(parts[i], `,"`) && elementOf(m.Shape).Type == models.TypeString {
				parts[i] = `"` + strings.ReplaceAll(parts[i], `"`, `\"`) + `"`
			}
		}
		return strings.Join(parts, ",")
	}
	return leafText(m.Shape, v, rfc822)
}

// typed sets the type of the body, unless a member of the input has.
func (r *Request) typed(kind string) {
	if r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", kind)
	}
}

// encodePayload writes the one member that is the body: a structure, list, map or document in the
// protocol's format, text and bytes as they are and without a type, as botocore sends them. A reader is streamed and is read by the sender.
func (r *Request) encodePayload(protocol string, m *models.Member, input *document.Object) error {
	v, ok := input.Get(m.Name)
	ok = ok && v != nil
	if m.Shape.Type == models.TypeStructure || m.Shape.Type == models.TypeList || m.Shape.Type == models.TypeMap || m.Shape.Document {
		if !ok {
			// restJson1 wants an object even where the structure is absent.
			if protocol == RestJSON {
				r.typed("application/json")
				r.Body = []byte("{}")
			}
			return nil
		}
		var err error
		if protocol == RestJSON {
			r.typed("application/json")
			r.Body, err = document.Marshal(toJSON(m.Shape, v))
			return err
		}
		w := &xmlWriter{timeFormat: iso8601}
		// The root element's name: the member's, else the shape's, else the shape's identifier.
		name := m.LocationName
		if name == "" {
			name = m.Shape.LocationName
		}
		if name == "" {
			name = m.Shape.Name
		}
		w.element(name, m, m.Shape, v)
		r.Body = w.Bytes()
		return nil
	}
	switch v := v.(type) {
	case string:
		r.Body = []byte(v)
	case []byte:
		r.Body = v
	// S3 uploads: the body is not held in memory, and its length is the sender's to find.
	case io.Reader:
		r.Stream = v
	}
	return nil
}
