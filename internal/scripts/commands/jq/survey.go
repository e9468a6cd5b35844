package jq

import (
	"unsafe"
)

// What things take in memory, in bytes.
const (
	wordBytes   = 16 // an interface, a text's header
	listBytes   = 40
	objectBytes = 56
	memberBytes = 32
	placeBytes  = 48 // of a member, where an object has an index
	scopeBytes  = 64
	pathBytes   = 64
	rootBytes   = 40
	frameBytes  = 640  // of Go's stack, for an evaluation in an evaluation
	sharedText  = 64   // texts from that length on are looked at once
	manyMembers = 12   // from there on an object has an index
	surveyWork  = 8192 // things between two looks at the context
)

func listSize(n int) int64 { return listBytes + wordBytes*int64(n) }

func objectSize(n int) int64 {
	size := objectBytes + memberBytes*int64(n)
	if n > manyMembers {
		size += placeBytes * int64(n)
	}
	return size
}

func textSize(s string) int64 { return wordBytes + int64(len(s)) }

// pointers is a set of addresses, of the size that is needed.
type pointers struct {
	slots []uintptr
	n     int
}

// add reports whether p was not in the set, and puts it there.
func (s *pointers) add(p unsafe.Pointer) bool {
	if 2*s.n >= len(s.slots) {
		old := s.slots
		s.slots = make([]uintptr, max(1024, 2*len(old)))
		s.n = 0
		for _, a := range old {
			if a != 0 {
				s.put(a)
			}
		}
	}
	return s.put(uintptr(p))
}

func (s *pointers) put(a uintptr) bool {
	mask := uintptr(len(s.slots) - 1)
	for i := (a >> 3) * 0x9E3779B1 & mask; ; i = (i + 1) & mask {
		switch s.slots[i] {
		case a:
			return false
		case 0:
			s.slots[i] = a
			s.n++
			return true
		}
	}
}

// measure is what the roots lead to, in bytes. What is shared counts once.
// It ends early where there is more than the machine has charged: then nothing can be given back.
func (m *machine) measure() int64 {
	m.seen = pointers{}
	m.epoch++
	live := int64(cap(m.roots)) * rootBytes
	push := func(v any) { m.stack = append(m.stack, v) }
	for _, r := range m.roots {
		live += frameBytes
		live += m.measureScopes(r.scope, push)
		for p := r.path; p != nil && m.seen.add(unsafe.Pointer(p)); p = p.up {
			live += pathBytes
			push(p.key)
			push(p.value)
		}
		push(r.value)
		for len(m.stack) > 0 && live <= m.held {
			v := m.stack[len(m.stack)-1]
			m.stack = m.stack[:len(m.stack)-1]
			live += m.measureOne(v)
		}
		m.stack = m.stack[:0]
		if live > m.held {
			break
		}
	}
	m.seen = pointers{}
	return live
}

// measureScopes gives what scopes hold to push, each scope once, and returns their own size.
func (m *machine) measureScopes(s *scope, push func(any)) (size int64) {
	for ; s != nil && s.epoch != m.epoch && !s.kept; s = s.up {
		s.epoch = m.epoch
		size += scopeBytes + int64(len(s.args))*wordBytes
		push(s.value)
		for _, a := range s.args {
			if a.scope != nil && a.scope.epoch != m.epoch {
				push(a.scope)
			}
		}
	}
	return size
}

// measureOne is the size of one thing; what it holds is put on the stack.
func (m *machine) measureOne(v any) int64 {
	switch v := v.(type) {
	case nil, bool:
		return 0
	case string:
		if len(v) >= sharedText && !m.seen.add(unsafe.Pointer(unsafe.StringData(v))) {
			return wordBytes
		}
		return textSize(v)
	case *literal:
		return wordBytes + textSize(v.text)
	case list:
		if cap(v) == 0 || !m.seen.add(unsafe.Pointer(unsafe.SliceData(v))) {
			return listBytes
		}
		for _, item := range v {
			switch item.(type) {
			case nil, bool, float64:
			default:
				m.stack = append(m.stack, item)
			}
		}
		return listSize(cap(v)) + 8*int64(len(v))
	case *object:
		if !m.seen.add(unsafe.Pointer(v)) {
			return 0
		}
		names := int64(0)
		for name, item := range v.All() {
			names += int64(len(name))
			m.stack = append(m.stack, item)
		}
		return objectSize(v.Len()) + names
	case *scope:
		return m.measureScopes(v, func(held any) { m.stack = append(m.stack, held) })
	}
	return wordBytes
}
