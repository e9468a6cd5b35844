package render

import (
	"fmt"
	"slices"

	"github.com/opsbook/opsbook/internal/document"
)

// anchors are the lists and objects that a value holds more than once, as a query does that names a member twice: the AWS CLI's dumper
// writes them once, as &id001, and *id001 from then on. They are numbered in the order in which they are met again.
type anchors struct {
	met     map[any]bool
	numbers map[any]int
	written map[any]bool
}

// anchorsOf are those of a value; nil for none.
func anchorsOf(v document.Value) *anchors {
	a := &anchors{met: map[any]bool{}, numbers: map[any]int{}, written: map[any]bool{}}
	a.walk(v)
	if len(a.numbers) == 0 {
		return nil
	}
	return a
}

// identity is the same for the same list or object, and nil for what has none.
func identity(v document.Value) any {
	switch v := v.(type) {
	case *document.Object:
		return v
	case document.List:
		if len(v) > 0 {
			return [2]any{&v[0], len(v)}
		}
	}
	return nil
}

func (a *anchors) walk(v document.Value) {
	id := identity(v)
	if id == nil {
		return
	}
	if a.met[id] {
		if a.numbers[id] == 0 {
			a.numbers[id] = len(a.numbers) + 1
		}
		return
	}
	a.met[id] = true
	switch v := v.(type) {
	case document.List:
		for _, item := range v {
			a.walk(item)
		}
	case *document.Object:
		for _, name := range slices.Sorted(slices.Values(v.Keys())) {
			inner, _ := v.Get(name)
			a.walk(inner)
		}
	}
}

// of is what stands before a value, with a blank: its anchor, or the alias that again says is written in its place.
func (a *anchors) of(v document.Value) (mark string, again bool) {
	if a == nil {
		return "", false
	}
	id := identity(v)
	n := a.numbers[id]
	switch {
	case id == nil || n == 0:
		return "", false
	case a.written[id]:
		return fmt.Sprintf(" *id%03d", n), true
	}
	a.written[id] = true
	return fmt.Sprintf(" &id%03d", n), false
}
