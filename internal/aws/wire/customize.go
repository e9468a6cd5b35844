package wire

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/protocol"
	"github.com/opsbook/opsbook/internal/document"
)

// customizeAnswer makes of an answer what botocore makes of it before anybody sees it, the events after-call and before-parse of
// https://github.com/boto/botocore/blob/develop/botocore/handlers.py. body is nil of one that streams.
func customizeAnswer(op *models.Operation, output *document.Object, header http.Header, body []byte) {
	switch name := op.Service.Name + "." + op.Name; {
	case op.Service.Name == "iam":
		decodePolicies(op.Output, output)
	case name == "s3.GetBucketLocation":
		// The whole answer is one element, and no member of one. A bucket in us-east-1 has an empty location; the CLI prints null.
		output.Set("LocationConstraint", nil)
		if text := protocol.RootText(body); text != "" {
			output.Set("LocationConstraint", text)
		}
	case name == "ec2.GetConsoleOutput":
		v, _ := output.Get("Output")
		if text, ok := v.(string); ok {
			if data, err := base64.StdEncoding.DecodeString(text); err == nil {
				output.Set("Output", strings.ToValidUTF8(string(data), "\uFFFD"))
			}
		}
	case name == "cloudformation.GetTemplate":
		// A template in JSON is shown as what it is; one in YAML stays a text.
		v, _ := output.Get("TemplateBody")
		if text, ok := v.(string); ok {
			if parsed, err := document.Parse([]byte(text)); err == nil {
				output.Set("TemplateBody", parsed)
			}
		}
	}
	if text := header.Get("Expires"); text != "" && hasExpires(op) {
		output.Set("ExpiresString", text)
	}
}

// hasExpires reports whether an operation's answer has S3's header Expires, which may hold anything.
func hasExpires(op *models.Operation) bool {
	if op.Service.Name != "s3" || op.Output == nil {
		return false
	}
	m := op.Output.Member("Expires")
	return m != nil && m.Location == "header"
}

// readable are the headers without an Expires that is no time: it is shown as it was sent, in ExpiresString.
func readable(op *models.Operation, header http.Header) http.Header {
	text := header.Get("Expires")
	if text == "" || !hasExpires(op) {
		return header
	}
	if _, err := protocol.ParseTime(text); err == nil {
		return header
	}
	header = header.Clone()
	header.Del("Expires")
	return header
}

// decodePolicies turns IAM's URL-encoded policy documents into objects.
// "+" stands for itself, as for Python's unquote; Go's would make a space of it.
func decodePolicies(s *models.Shape, v document.Value) {
	switch v := v.(type) {
	case *document.Object:
		if s == nil || s.Type != models.TypeStructure {
			return
		}
		for _, m := range s.Members {
			inner, ok := v.Get(m.Name)
			// A document that cannot be read stays as IAM sent it.
			if text, isText := inner.(string); ok && isText && m.ShapeName == "policyDocumentType" {
				if plain, err := url.QueryUnescape(strings.ReplaceAll(text, "+", "%2B")); err == nil {
					if parsed, err := document.Parse([]byte(plain)); err == nil {
						v.Set(m.Name, parsed)
					}
				}
				continue
			}
			decodePolicies(m.Shape, inner)
		}
	case document.List:
		for _, inner := range v {
			if s != nil && s.Element != nil {
				decodePolicies(s.Element.Shape, inner)
			}
		}
	}
}

// listing says which members of a listing S3 encodes, and the AWS CLI decodes, when its keys are asked for encoded.
type listing struct {
	members []string
	nested  map[string]string // a list, and the member of its elements
}

var listings = map[string]listing{
	"ListObjects":   {[]string{"Delimiter", "Marker", "NextMarker"}, map[string]string{"Contents": "Key", "CommonPrefixes": "Prefix"}},
	"ListObjectsV2": {[]string{"Delimiter", "Prefix", "StartAfter"}, map[string]string{"Contents": "Key", "CommonPrefixes": "Prefix"}},
	"ListObjectVersions": {
		[]string{"KeyMarker", "NextKeyMarker", "Prefix", "Delimiter"},
		map[string]string{"Versions": "Key", "DeleteMarkers": "Key", "CommonPrefixes": "Prefix"},
	},
}

// encodeKeys asks for the keys of a listing of S3 encoded, because XML cannot hold every key, unless the caller
// says how they are wanted. The input is not changed.
// A key such as "a\u0001" is no XML, and would break the whole listing.
func encodeKeys(op *models.Operation, input *document.Object) (*document.Object, bool) {
	_, given := input.Get("EncodingType")
	if _, ok := listings[op.Name]; !ok || given {
		return input, false
	}
	out := &document.Object{}
	for name, v := range input.All() {
		out.Set(name, v)
	}
	out.Set("EncodingType", "url")
	return out, true
}

// decodeKeys decodes it in the answer.
// Where S3 did not encode, nothing is decoded: a "%" in a key then means itself.
func decodeKeys(op *models.Operation, output *document.Object) {
	if v, _ := output.Get("EncodingType"); v != "url" {
		return
	}
	decode := func(o *document.Object, name string) {
		v, _ := o.Get(name)
		if text, ok := v.(string); ok {
			if plain, err := url.QueryUnescape(text); err == nil {
				o.Set(name, plain)
			}
		}
	}
	l := listings[op.Name]
	for _, name := range l.members {
		decode(output, name)
	}
	for name, member := range l.nested {
		v, _ := output.Get(name)
		list, _ := v.(document.List)
		for _, item := range list {
			if o, ok := item.(*document.Object); ok {
				decode(o, member)
			}
		}
	}
}
