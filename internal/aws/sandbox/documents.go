package sandbox

import (
	"crypto/md5"
	"encoding/hex"
	"hash/fnv"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// obj makes an object of name, value, name, value …; a nil value leaves its name out.
func obj(pairs ...any) *document.Object {
	o := &document.Object{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != nil {
			o.Set(pairs[i].(string), pairs[i+1])
		}
	}
	return o
}

// list makes a list of what f makes of each item.
func list[T any](items []T, f func(T) any) document.List {
	out := make(document.List, 0, len(items))
	for _, item := range items {
		out = append(out, f(item))
	}
	return out
}

// sortedKeys returns a map's keys in order.
func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// sorted returns a map's values in the order of their keys.
func sorted[T any](m map[string]T) []T {
	out := make([]T, 0, len(m))
	for _, k := range sortedKeys(m) {
		out = append(out, m[k])
	}
	return out
}

// Readers of an input document: each returns the zero value for what is absent or of another type,
// which the models' validation has excluded before.
func text(o *document.Object, name string) string {
	v, _ := o.Get(name)
	s, _ := v.(string)
	return s
}

// integer is a number, or what is usual where the call does not name one.
func integer(o *document.Object, name string, usual int64) int64 {
	switch v, _ := o.Get(name); n := v.(type) {
	case int64:
		return n
	case float64:
		return int64(n)
	}
	return usual
}

// moment is a timestamp of the input; ok is false where it is absent.
func moment(o *document.Object, name string) (time.Time, bool) {
	v, _ := o.Get(name)
	t, ok := v.(time.Time)
	return t, ok
}

// member is a structure of the input, nil where it is absent.
func member(o *document.Object, name string) *document.Object {
	v, _ := o.Get(name)
	inner, _ := v.(*document.Object)
	return inner
}

// items are the elements of a list, of any type.
func items(o *document.Object, name string) document.List {
	v, _ := o.Get(name)
	l, _ := v.(document.List)
	return l
}

// texts are the strings of a list; other elements are left out.
func texts(o *document.Object, name string) []string {
	var out []string
	for _, v := range items(o, name) {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// objects are the structures of a list; other elements are left out.
func objects(o *document.Object, name string) []*document.Object {
	var out []*document.Object
	for _, v := range items(o, name) {
		if inner, ok := v.(*document.Object); ok {
			out = append(out, inner)
		}
	}
	return out
}

// hash32 is a number that is the same for the same texts: what looks like chance is made of it.
func hash32(parts ...string) uint32 {
	h := fnv.New32a()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return h.Sum32()
}

// hash128 is 32 hexadecimal digits that stand for a content.
func hash128(parts ...string) string {
	h := md5.New() // an identifier, not a protection
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))
}

// uuid makes an identifier of the usual form from parts.
func uuid(parts ...string) string {
	h := hash128(parts...)
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:32]
}

// round keeps so many decimals, as the services answer them.
func round(x float64, places int) float64 {
	p := math.Pow(10, float64(places))
	return math.Round(x*p) / p
}

// orNil is nil, which leaves a member out, for the zero moment.
func orNil(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}
