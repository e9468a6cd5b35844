package protocol

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// Match reports whether a request of a rest protocol is for the operation, and returns its URI's labels.
// The more literal a match the higher its weight.
func Match(op *models.Operation, method, escapedPath string, query url.Values) (labels map[string]string, weight int, ok bool) {
	if op.Method != method {
		return nil, 0, false
	}
	path, wanted, _ := strings.Cut(op.URI, "?")
	// Constants of the URI, such as ?acl or ?list-type=2, tell operations with one path apart.
	for _, part := range strings.FieldsFunc(wanted, func(c rune) bool { return c == '&' }) {
		name, value, has := strings.Cut(part, "=")
		if !query.Has(name) || has && value != "" && query.Get(name) != value {
			return nil, 0, false
		}
		weight += 10
	}
	labels, literal, ok := matchPath(strings.Split(strings.Trim(path, "/"), "/"), strings.Split(strings.TrimPrefix(escapedPath, "/"), "/"))
	if !ok {
		return nil, 0, false
	}
	weight += literal
	// S3 has operations that differ only by a required parameter: UploadPart and PutObject by
	// partNumber and uploadId.
	for _, m := range op.Input.RequiredIn("querystring") {
		if !query.Has(m) {
			return nil, 0, false
		}
		weight += 5
	}
	return labels, weight, true
}

// matchPath compares the segments of a URI pattern with those of a path, still escaped, and returns
// the unescaped labels. A literal segment weighs 2, a label 1: the more literal pattern wins.
func matchPath(pattern, path []string) (map[string]string, int, bool) {
	labels, literal := map[string]string{}, 0
	// One trailing slash is tolerated, but where it may be of a value: an object's key.
	last := len(pattern) - 1
	if len(path) > 0 && path[len(path)-1] == "" && len(path) > len(pattern) && (last < 0 || !strings.HasSuffix(pattern[last], "+}")) {
		path = path[:len(path)-1]
	}
	for i, p := range pattern {
		name, greedy := strings.CutSuffix(strings.Trim(p, "{}"), "+")
		switch {
		case !strings.HasPrefix(p, "{"):
			if i >= len(path) || path[i] != p {
				return nil, 0, false
			}
			literal += 2
		case greedy: // up to what stands behind it
			end := len(path) - (len(pattern) - i - 1)
			if end <= i || strings.Join(path[i:end], "/") == "" {
				return nil, 0, false
			}
			value, err := url.PathUnescape(strings.Join(path[i:end], "/"))
			rest, more, ok := matchPath(pattern[i+1:], path[end:])
			if err != nil || !ok {
				return nil, 0, false
			}
			maps.Copy(labels, rest)
			labels[name] = value
			return labels, literal + 1 + more, true
		default:
			if i >= len(path) || path[i] == "" {
				return nil, 0, false
			}
			value, err := url.PathUnescape(path[i])
			if err != nil {
				return nil, 0, false
			}
			labels[name] = value
			literal++
		}
	}
	return labels, literal, len(path) == len(pattern)
}

// DecodeRequest reads an input as a tree.
func DecodeRequest(protocol string, op *models.Operation, r *http.Request, labels map[string]string,
	body []byte) (*document.Object, error) {
	s := op.Input
	if s == nil {
		return &document.Object{}, nil
	}
	var v document.Value
	var err error
	switch protocol {
	case Query, EC2:
		values, parseErr := url.ParseQuery(string(body))
		if parseErr != nil {
			return nil, parseErr
		}
		v, err = (&form{ec2: protocol == EC2, values: values}).read("", nil, s, 0)
	case RestJSON, RestXML:
		return decodeRest(protocol, op, s, r, labels, body)
	default:
		if v, err = parseBody(protocol, body); err != nil {
			return nil, err
		}
		if protocol == CBOR {
			v, err = typed.fromCBOR(s, v)
		} else {
			v, err = typed.fromJSON(s, v)
		}
	}
	o, _ := v.(*document.Object)
	return o, err
}

// decodeRest reads an input of a rest protocol: headers first, then labels and query string, and
// last the body. The URI's constants are not parameters.
func decodeRest(protocol string, op *models.Operation, s *models.Shape, r *http.Request, labels map[string]string,
	body []byte) (*document.Object, error) {
	// Headers bind the same way in requests and answers. There is no status, and the body
	// comes last.
	out, err := typed.restResponse(protocol, s, 0, r.Header, nil)
	if err != nil {
		return nil, err
	}
	query := r.URL.Query()
	_, constant, _ := strings.Cut(op.URI, "?")
	for part := range strings.SplitSeq(constant, "&") {
		name, _, _ := strings.Cut(part, "=")
		query.Del(name)
	}
	for _, m := range s.Members {
		switch m.Location {
		case "uri":
			if text, ok := labels[wireName(m)]; ok {
				v, err := typed.leafValue(m.Shape, text)
				if err != nil {
					return nil, err
				}
				out.Set(m.Name, v)
			}
		case "querystring":
			// A map takes the parameters that no other member claims, as httpQueryParams says.
			if m.Shape.Type == models.TypeMap {
				if v := leftOver(s, m, query); v.Len() > 0 {
					out.Set(m.Name, v)
				}
				continue
			}
			if values, ok := query[wireName(m)]; ok {
				v, err := fromQuery(m, values)
				if err != nil {
					return nil, err
				}
				out.Set(m.Name, v)
			}
		}
	}
	// A streaming payload is handed over as bytes: the sandbox has received the whole body by
	// then.
	if s.Payload != "" {
		m := s.Member(s.Payload)
		if m.Streaming || m.Shape.Streaming {
			out.Set(m.Name, body)
			return out, nil
		}
		return out, typed.payload(protocol, out, m, body)
	}
	if len(body) == 0 {
		return out, nil
	}
	inner, err := typed.restResponse(protocol, s, 0, http.Header{}, body)
	if err != nil {
		return nil, err
	}
	for name, v := range inner.All() {
		if inBody(s.Member(name)) {
			out.Set(name, v)
		}
	}
	return out, nil
}

// leftOver is a map of the query's names that are no other member's.
func leftOver(s *models.Shape, m *models.Member, query url.Values) *document.Object {
	out := &document.Object{}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if slices.ContainsFunc(s.Members, func(other *models.Member) bool {
			return other != m && other.Location == "querystring" && wireName(other) == name
		}) {
			continue
		}
		var v document.Value = query.Get(name)
		if m.Shape.Value.Shape.Type == models.TypeList {
			list := document.List{}
			for _, text := range query[name] {
				list = append(list, text)
			}
			v = list
		}
		out.Set(name, v)
	}
	return out
}

// fromQuery reads a parameter; a list has one element for each time it was sent.
func fromQuery(m *models.Member, values []string) (document.Value, error) {
	if m.Shape.Type != models.TypeList {
		return typed.leafValue(m.Shape, values[0])
	}
	out := document.List{}
	for _, text := range values {
		v, err := typed.leafValue(m.Shape.Element.Shape, text)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}
