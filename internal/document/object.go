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
	"maps"
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
	members []Member
	// places is made when there are more than fewMembers, and rebuilt by Delete.
	places map[string]int // where a name stands; nil while there are few
}

// Member is one name with its value, for building an Object.
type Member struct {
	Name  string
	Value Value
}

// fewMembers is how many members are quicker to look through than a map is to ask.
const fewMembers = 12

// NewObject returns an object with the members in the order given.
func NewObject(members ...Member) *Object {
	o := &Object{members: make([]Member, 0, len(members))}
	for _, m := range members {
		o.Set(m.Name, m.Value)
	}
	return o
}

// place returns the index of name in members.
func (o *Object) place(name string) (int, bool) {
	if o == nil {
		return 0, false
	}
	if o.places != nil {
		i, ok := o.places[name]
		return i, ok
	}
	for i := range o.members {
		if o.members[i].Name == name {
			return i, true
		}
	}
	return 0, false
}

// Get returns the value of name, and whether there is one.
func (o *Object) Get(name string) (Value, bool) {
	i, ok := o.place(name)
	if !ok {
		return nil, false
	}
	return o.members[i].Value, true
}

// Text returns the member of that name where it is a string. A member that is absent
// and one of another type both give "".
func (o *Object) Text(name string) string {
	v, _ := o.Get(name)
	text, _ := v.(string)
	return text
}

// Set gives name a value: at its old place if it had one, else at the end. The value is
// not copied, so that objects may share parts.
func (o *Object) Set(name string, v Value) {
	if i, ok := o.place(name); ok {
		o.members[i].Value = v
		return
	}
	o.members = append(o.members, Member{name, v})
	switch {
	case o.places != nil:
		o.places[name] = len(o.members) - 1
	case len(o.members) > fewMembers:
		o.index()
	}
}

// index makes places anew. Twice the room is taken, since an object that grew grows on.
func (o *Object) index() {
	o.places = make(map[string]int, 2*len(o.members))
	for i, m := range o.members {
		o.places[m.Name] = i
	}
}

// Delete removes name; removing what is not there does nothing. The members after it
// move up, which takes time proportional to their number.
func (o *Object) Delete(name string) {
	i, ok := o.place(name)
	if !ok {
		return
	}
	o.members = slices.Delete(o.members, i, i+1)
	if o.places != nil {
		o.index()
	}
}

// Clone returns an object with the same members, which are not copied themselves.
func (o *Object) Clone() *Object {
	if o == nil {
		return &Object{}
	}
	c := &Object{members: slices.Clone(o.members)}
	if o.places != nil {
		c.places = maps.Clone(o.places)
	}
	return c
}

// Keys returns the names in order. The slice is a copy.
func (o *Object) Keys() []string {
	if o == nil {
		return nil
	}
	names := make([]string, len(o.members))
	for i, m := range o.members {
		names[i] = m.Name
	}
	return names
}

// Len returns the number of members.
func (o *Object) Len() int {
	if o == nil {
		return 0
	}
	return len(o.members)
}

// All yields the members in order. A member that is set while they are yielded may
// be left out; one that is deleted moves the others.
func (o *Object) All() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		if o == nil {
			return
		}
		for i := range len(o.members) {
			if m := o.members[i]; !yield(m.Name, m.Value) {
				return
			}
		}
	}
}

// Size estimates what a value holds in memory, in bytes. It counts shared parts as
// often as they occur, and numbers as if they needed nothing beside their interface.
func Size(v Value) int64 {
	const of = 16 // an interface
	switch v := v.(type) {
	case string:
		return of + int64(len(v))
	case List:
		size := int64(of)
		for _, item := range v {
			size += Size(item)
		}
		return size
	case *Object:
		size := int64(of)
		for name, item := range v.All() {
			size += of + int64(len(name)) + Size(item)
		}
		return size
	}
	return of
}
