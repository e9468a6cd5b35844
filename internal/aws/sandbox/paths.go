package sandbox

import (
	"strings"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// setAt sets a value at a dotted path; structures on the way are made.
func setAt(o *document.Object, path string, value document.Value) {
	name, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		o.Set(name, value)
		return
	}
	inner := member(o, name)
	if inner == nil {
		inner = &document.Object{}
		o.Set(name, inner)
	}
	setAt(inner, rest, value)
}

// textAt is the text at a dotted path, empty where there is none.
func textAt(o *document.Object, path string) string {
	name, rest, deeper := strings.Cut(path, ".")
	if deeper {
		return textAt(member(o, name), rest)
	}
	return text(o, name)
}

// shapeAt is the shape at a dotted path; nil where the shape has none.
func shapeAt(s *models.Shape, path string) *models.Shape {
	for _, name := range strings.Split(path, ".") {
		if s == nil {
			return nil
		}
		m := s.Member(name)
		if m == nil {
			return nil
		}
		s = m.Shape
	}
	return s
}

// shaped is what a shape has of a value, in the shape's order: a summary has fewer members than the resource.
func shaped(s *models.Shape, value document.Value) document.Value {
	switch v := value.(type) {
	case *document.Object:
		out := &document.Object{}
		if s.Type == models.TypeMap {
			for name, inner := range v.All() {
				out.Set(name, shaped(s.Value.Shape, inner))
			}
			return out
		}
		for _, m := range s.Members {
			if inner, ok := v.Get(m.Name); ok && inner != nil {
				out.Set(m.Name, shaped(m.Shape, inner))
			}
		}
		return out
	case document.List:
		out := make(document.List, len(v))
		for i := range v {
			out[i] = shaped(s.Element.Shape, v[i])
		}
		return out
	}
	return value
}
