// Package document holds the ordered documents that AWS answers with, and asks
// questions of them with JMESPath.
//
// A document is made of nil, bool, string, int64, float64, *big.Int (an integer
// that int64 cannot hold), List and *Object, and of nothing else: timestamps and
// blobs are strings before they become part of a document. The order of an
// object's members is the order in which they were set, because `--output json`
// shows it.
package document

import (
	"iter"
	"slices"
)

// Value is one of the types that the package comment names.
type Value = any

// List is an ordered list of values.
type List = []Value

// Object maps names to values and remembers the order in which the names came.
// The zero Object is empty and ready to use; a nil *Object reads as an empty one.
// An Object is not safe for writing from several goroutines.
type Object struct {
	keys   []string
	values map[string]Value
}

// Member is one name with its value, for building an Object.
type Member struct {
	Name  string
	Value Value
}

// NewObject returns an object with the members in the order given.
func NewObject(members ...Member) *Object {
	o := &Object{}
	for _, m := range members {
		o.Set(m.Name, m.Value)
	}
	return o
}

// Get returns the value of name, and whether there is one.
func (o *Object) Get(name string) (Value, bool) {
	if o == nil {
		return nil, false
	}
	v, ok := o.values[name]
	return v, ok
}

// Set gives name a value: at its old place if it had one, else at the end.
func (o *Object) Set(name string, v Value) {
	if o.values == nil {
		o.values = make(map[string]Value)
	}
	if _, ok := o.values[name]; !ok {
		o.keys = append(o.keys, name)
	}
	o.values[name] = v
}

// Delete removes name; removing what is not there does nothing.
func (o *Object) Delete(name string) {
	if o == nil {
		return
	}
	if _, ok := o.values[name]; !ok {
		return
	}
	delete(o.values, name)
	o.keys = slices.DeleteFunc(o.keys, func(k string) bool { return k == name })
}

// Keys returns the names in order. The slice is a copy.
func (o *Object) Keys() []string {
	if o == nil {
		return nil
	}
	return slices.Clone(o.keys)
}

// Len returns the number of members.
func (o *Object) Len() int {
	if o == nil {
		return 0
	}
	return len(o.keys)
}

// All yields the members in order.
func (o *Object) All() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		if o == nil {
			return
		}
		for _, k := range o.keys {
			if !yield(k, o.values[k]) {
				return
			}
		}
	}
}
