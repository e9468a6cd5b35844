package bind

import (
	"slices"

	"github.com/opsbook/opsbook/internal/document"
)

// Copy returns a line whose input may be changed without changing l's. What a line only refers to (models, the compiled
// query) is shared. A line that is Once must not be copied: its input may hold an open file.
func (l *Line) Copy() *Line {
	out := *l
	if l.Input != nil {
		out.Input = copied(l.Input).(*document.Object)
	}
	return &out
}

func copied(v document.Value) document.Value {
	switch v := v.(type) {
	case *document.Object:
		out := &document.Object{}
		for name, inner := range v.All() {
			out.Set(name, copied(inner))
		}
		return out
	case document.List:
		out := make(document.List, len(v))
		for i, inner := range v {
			out[i] = copied(inner)
		}
		return out
	case []byte:
		return slices.Clone(v)
	}
	return v
}
