package knowledge

import (
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// str is a member that is a text; empty for one that is absent or of another type, as all readers of answers here: a hostile answer
// never panics.
func str(o *document.Object, name string) string {
	v, _ := o.Get(name)
	s, _ := v.(string)
	return s
}

// child is a member that is an object; nil otherwise. All methods of a nil *document.Object answer as an empty one does.
func child(o *document.Object, name string) *document.Object {
	v, _ := o.Get(name)
	c, _ := v.(*document.Object)
	return c
}

// members are the objects of a list; other items are left out.
func members(o *document.Object, name string) []*document.Object {
	v, _ := o.Get(name)
	l, _ := v.(document.List)
	var out []*document.Object
	for _, item := range l {
		if c, ok := item.(*document.Object); ok {
			out = append(out, c)
		}
	}
	return out
}

// float is a number of a document, which is an int64 or a float64.
func float(v document.Value) (float64, bool) {
	switch n := v.(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}

// at is a member that is a timestamp, as answers write it: RFC 3339. It is zero for any other text.
func at(o *document.Object, name string) time.Time {
	t, err := time.Parse(time.RFC3339, str(o, name))
	if err != nil {
		return time.Time{}
	}
	return t
}

// textOf is a member as it stands in a sentence: the items of a list are separated by commas. Structures and blobs have no text.
func textOf(input *document.Object, name string) string {
	v, _ := input.Get(name)
	list, ok := v.(document.List)
	if !ok {
		list = document.List{v}
	}
	var parts []string
	for _, item := range list {
		switch item.(type) {
		case string, bool, int64, int, float64, *big.Int:
			parts = append(parts, fmt.Sprint(item))
		}
	}
	return strings.Join(parts, ", ")
}

// inside looks a path up.
func inside(o *document.Object, path []string) (document.Value, bool) {
	for _, name := range path[:len(path)-1] {
		o = child(o, name)
	}
	return o.Get(path[len(path)-1])
}

// only is an input of some members of another.
func only(input *document.Object, names ...string) *document.Object {
	out := &document.Object{}
	for _, name := range names {
		if v, ok := input.Get(name); ok {
			out.Set(name, v)
		}
	}
	return out
}
