package wire

import (
	"net/url"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// customize makes an answer what botocore makes of it before anybody sees it:
// https://github.com/boto/botocore/blob/develop/botocore/handlers.py
func customize(op *models.Operation, output *document.Object) {
	switch op.Service.Name {
	case "iam":
		decodePolicies(op.Output, output)
	case "s3":
		decodeKeys(op, output)
		if op.Name == "GetBucketLocation" {
			if v, _ := output.Get("LocationConstraint"); v == nil || v == "" {
				output.Set("LocationConstraint", nil)
			}
		}
	}
}

// decodePolicies turns IAM's URL-encoded policy documents into objects.
func decodePolicies(s *models.Shape, v document.Value) {
	switch v := v.(type) {
	case *document.Object:
		if s == nil || s.Type != models.TypeStructure {
			return
		}
		for _, m := range s.Members {
			inner, ok := v.Get(m.Name)
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

// keysOf are the members that S3 encodes in a listing.
var keysOf = map[string]bool{"Key": true, "Prefix": true, "Delimiter": true, "Marker": true, "NextMarker": true, "StartAfter": true, "KeyMarker": true, "NextKeyMarker": true}

// decodeKeys decodes the keys of a listing that was asked for with encoding-type=url on the caller's behalf.
func decodeKeys(op *models.Operation, output *document.Object) {
	if v, _ := output.Get("EncodingType"); v != "url" || !strings.HasPrefix(op.Name, "ListObject") {
		return
	}
	var walk func(document.Value)
	walk = func(v document.Value) {
		switch v := v.(type) {
		case *document.Object:
			for name, inner := range v.All() {
				if text, ok := inner.(string); ok && keysOf[name] {
					if plain, err := url.QueryUnescape(text); err == nil {
						v.Set(name, plain)
					}
					continue
				}
				walk(inner)
			}
		case document.List:
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	walk(output)
	output.Delete("EncodingType")
}
