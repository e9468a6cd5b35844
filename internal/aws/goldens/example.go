package goldens

import (
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// Example makes an output with every member of the operation's shape, the same at every
// call: what a service could answer, without the tokens of further pages, so that nothing
// asks for a second one. Values are derived from the members' names.
func Example(op *models.Operation) *document.Object {
	if op.Output == nil {
		return &document.Object{}
	}
	v, _ := example(op.Output, op.Name, nil).(*document.Object)
	if p := op.Service.Paginators[op.Name]; p != nil {
		for _, token := range append([]string{p.MoreResults}, p.OutputToken...) {
			for _, alternative := range strings.Split(token, "||") {
				drop(v, strings.Split(strings.TrimSpace(alternative), "."))
			}
		}
	}
	return v
}

// drop removes the member at a path, as far as the path goes.
func drop(o *document.Object, path []string) {
	if o == nil {
		return
	}
	if len(path) == 1 {
		o.Delete(path[0])
		return
	}
	v, _ := o.Get(path[0])
	inner, _ := v.(*document.Object)
	drop(inner, path[1:])
}

// number is a number that depends on seed only (FNV-1a).
func number(seed string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(seed))
	return h.Sum32()
}

// example makes a value of a shape; above are the shapes that it stands in, so that one
// that holds itself ends.
func example(s *models.Shape, seed string, above []*models.Shape) document.Value {
	depth := 0
	for _, a := range above {
		if a == s {
			depth++
		}
	}
	above = append(slices.Clip(above), s)
	n := number(seed)
	switch s.Type {
	case models.TypeStructure:
		return structure(s, above, depth)
	case models.TypeList:
		if depth > 0 || len(above) > 9 {
			return document.List{}
		}
		return document.List{example(s.Element.Shape, seed+"1", above), example(s.Element.Shape, seed+"2", above)}
	case models.TypeMap:
		if depth > 0 {
			return &document.Object{}
		}
		key := "key-one"
		if len(s.Key.Shape.Enum) > 0 {
			key = s.Key.Shape.Enum[0]
		}
		return document.NewObject(document.Member{Name: key, Value: example(s.Value.Shape, seed+"v", above)})
	case models.TypeInteger, models.TypeLong:
		return int64(n % 5000)
	case models.TypeFloat, models.TypeDouble, models.TypeBigDecimal:
		return float64(n%100000) / 8
	case models.TypeBoolean:
		return n%2 == 0
	case models.TypeTimestamp:
		return Born.Add(-time.Duration(n%1_000_000) * time.Second)
	case models.TypeBlob:
		return []byte("blob of " + seed)
	}
	if len(s.Enum) > 0 {
		return s.Enum[int(n)%len(s.Enum)]
	}
	return strings.ToLower(seed)
}

// structure makes a value of every member but those that are not part of the body, of a
// union the first. Below a depth of seven only scalars are made.
func structure(s *models.Shape, above []*models.Shape, depth int) document.Value {
	o := &document.Object{}
	if depth > 0 || s.EventStream {
		return o
	}
	for i, m := range s.Members {
		inner := m.Shape.Type == models.TypeStructure || m.Shape.Type == models.TypeList || m.Shape.Type == models.TypeMap
		switch {
		case s.Union && i > 0, m.JSONValue, m.Shape.EventStream, m.Location == "statusCode", m.Location == "headers":
			continue
		case inner && len(above) > 7:
			continue
		}
		if m.Shape.Document {
			o.Set(m.Name, document.NewObject(document.Member{Name: "free", Value: int64(1)}))
			continue
		}
		if v := example(m.Shape, m.Name, above); !hollow(m.Shape, v) {
			o.Set(m.Name, v)
		}
	}
	return o
}

// hollow reports whether a value has a union without a member, at its top or as an element, which the AWS CLI refuses.
func hollow(s *models.Shape, v document.Value) bool {
	switch v := v.(type) {
	case *document.Object:
		return s.Union && v.Len() == 0
	case document.List:
		return s.Type == models.TypeList && slices.ContainsFunc(v, func(e document.Value) bool { return hollow(s.Element.Shape, e) })
	}
	return false
}
