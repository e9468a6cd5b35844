package protocol

import (
	"encoding/base64"
	"fmt"
	"math"
	"time"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// toJSON turns a tree into the document that is sent.
func toJSON(s *models.Shape, v document.Value) document.Value {
	// A document (Smithy's free-form type) has no members of its own to rename.
	if s == nil || s.Document {
		return v
	}
	switch v := v.(type) {
	// A structure's null members are left out: the protocols have no null for them. Those of a map
	// are sent as they are.
	case *document.Object:
		out := &document.Object{}
		for name, inner := range v.All() {
			switch {
			case s.Type == models.TypeMap:
				out.Set(name, toJSON(s.Value.Shape, inner))
			case s.Member(name) != nil && inner != nil:
				m := s.Member(name)
				out.Set(wireName(m), toJSON(m.Shape, inner))
			}
		}
		return out
	case document.List:
		out := make(document.List, len(v))
		for i, inner := range v {
			out[i] = toJSON(elementOf(s), inner)
		}
		return out
	// A blob is base64 text in all JSON protocols.
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	// The JSON protocols write epoch seconds unless the shape has a timestampFormat.
	case time.Time:
		if format := orElse(s, unixTime); format != unixTime {
			return formatTime(v, format)
		}
		return seconds(v)
	case int64:
		if s.Type == models.TypeDouble || s.Type == models.TypeFloat {
			return float64(v)
		}
	case float64:
		switch {
		// Smithy writes the floats that JSON lacks as text: "NaN", "Infinity", "-Infinity".
		case math.IsNaN(v):
			return "NaN"
		case math.IsInf(v, 0):
			return document.FormatFloat(v)
		}
	}
	return v
}

// elementOf is the shape of a list's elements, nil for what is no list.
func elementOf(s *models.Shape) *models.Shape {
	if s.Element == nil {
		return nil
	}
	return s.Element.Shape
}

// fromJSON turns a received document into what is shown, or into a tree.
func (r reading) fromJSON(s *models.Shape, v document.Value) (document.Value, error) {
	if s == nil || s.Document || v == nil {
		return v, nil
	}
	switch s.Type {
	case models.TypeStructure:
		return r.structureFromJSON(s, v)
	case models.TypeMap:
		o, ok := v.(*document.Object)
		if !ok {
			return nil, fmt.Errorf("%s: want a map, have %T", s.Name, v)
		}
		out := &document.Object{}
		for name, inner := range o.All() {
			value, err := r.fromJSON(s.Value.Shape, inner)
			if err != nil {
				return nil, err
			}
			out.Set(name, value)
		}
		return out, nil
	// A null in a list stays null: dropping it would move the elements behind it.
	case models.TypeList:
		l, ok := v.(document.List)
		if !ok {
			return nil, fmt.Errorf("%s: want a list, have %T", s.Name, v)
		}
		out := make(document.List, len(l))
		for i, inner := range l {
			value, err := r.fromJSON(s.Element.Shape, inner)
			if err != nil {
				return nil, err
			}
			out[i] = value
		}
		return out, nil
	}
	return r.leafFromJSON(s, v)
}

// structureFromJSON keeps the modeled members that are not null, in the model's order, under the
// names that the AWS CLI shows. Members that the models do not know are dropped.
func (r reading) structureFromJSON(s *models.Shape, v document.Value) (document.Value, error) {
	o, ok := v.(*document.Object)
	if !ok {
		return nil, fmt.Errorf("%s: want a structure, have %T", s.Name, v)
	}
	if err := r.oneMember(s, o); err != nil {
		return nil, err
	}
	out := &document.Object{}
	for _, m := range s.Members {
		inner, ok := o.Get(wireName(m))
		if !ok || inner == nil {
			continue
		}
		value, err := r.fromJSON(m.Shape, inner)
		if err != nil {
			return nil, err
		}
		out.Set(m.Name, value)
	}
	// A service may answer a union with a member that was added after the models were vendored.
	// __type is the shape's name, not a member.
	if s.Union && out.Len() == 0 {
		for name, inner := range o.All() {
			if name != "__type" && inner != nil {
				unknownMember(out, name)
			}
		}
	}
	return out, nil
}

// oneMember refuses a union of an answer that has none, or several members, as botocore does (ResponseParserError).
func (r reading) oneMember(s *models.Shape, o *document.Object) error {
	if !s.Union || r == typed {
		return nil
	}
	n := 0
	for name, v := range o.All() {
		if name != "__type" && v != nil {
			n++
		}
	}
	if n != 1 {
		return fmt.Errorf("Invalid service response: %s must have one and only one member set.", s.Name)
	}
	return nil
}

// unknownMember stands for a member of a union that is newer than the models, as botocore shows it.
func unknownMember(out *document.Object, name string) {
	out.Set("SDK_UNKNOWN_MEMBER", document.NewObject(document.Member{Name: "name", Value: name}))
}

// leafFromJSON turns a JSON leaf into a value. A timestamp may be epoch seconds or text whatever its
// format says, since services differ from their models here.
func (r reading) leafFromJSON(s *models.Shape, v document.Value) (document.Value, error) {
	switch s.Type {
	case models.TypeBlob:
		if text, ok := v.(string); ok {
			b, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				return nil, fmt.Errorf("%s: a blob is no base64: %w", s.Name, err)
			}
			return r.blob(b), nil
		}
	case models.TypeTimestamp:
		switch v := v.(type) {
		case int64:
			return r.moment(time.Unix(v, 0)), nil
		case float64:
			return r.moment(FromSeconds(v)), nil
		case string:
			t, err := ParseTime(v)
			if err != nil {
				return nil, err
			}
			return r.moment(t), nil
		}
		return nil, fmt.Errorf("%s: want a moment, have %T", s.Name, v)
	// Only a server needs the model's type. A client shows the number as it was sent: 1 stays 1.
	case models.TypeDouble, models.TypeFloat:
		if n, ok := v.(int64); ok && r == typed {
			return float64(n), nil
		}
	case models.TypeInteger, models.TypeLong:
		if f, ok := v.(float64); ok && r == typed {
			return int64(f), nil
		}
	}
	return v, nil
}
