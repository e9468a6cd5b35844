package protocol

import (
	"time"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// hasFraction reports whether a moment within a value is not of whole seconds.
func hasFraction(v document.Value) bool {
	switch v := v.(type) {
	case time.Time:
		return v.Nanosecond() != 0
	case document.List:
		for _, item := range v {
			if hasFraction(item) {
				return true
			}
		}
	case *document.Object:
		for _, item := range v.All() {
			if hasFraction(item) {
				return true
			}
		}
	}
	return false
}

// wholeSeconds takes the fractions off those moments of an input that are sent as seconds since 1970: botocore's serializers
// count whole ones (_timestamp_unixtimestamp). The input is not changed.
func wholeSeconds(protocol string, s *models.Shape, v document.Value) document.Value {
	switch v := v.(type) {
	case time.Time:
		usual := iso8601
		if protocol == JSON || protocol == RestJSON || protocol == CBOR {
			usual = unixTime
		}
		if protocol == CBOR || orElse(s, usual) == unixTime {
			return v.Truncate(time.Second)
		}
	case document.List:
		out := make(document.List, len(v))
		for i, item := range v {
			out[i] = wholeSeconds(protocol, s.Element.Shape, item)
		}
		return out
	case *document.Object:
		out := &document.Object{}
		for name, item := range v.All() {
			inner := s
			if s.Type == models.TypeMap {
				inner = s.Value.Shape
			} else if m := s.Member(name); m != nil {
				inner = m.Shape
				if m.Location == "header" || m.Location == "querystring" || m.Location == "uri" { // whose usual formats are texts
					out.Set(name, wholeSeconds(RestXML, inner, item))
					continue
				}
			}
			out.Set(name, wholeSeconds(protocol, inner, item))
		}
		return out
	}
	return v
}
