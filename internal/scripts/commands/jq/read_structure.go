package jq

// level is a list or an object that is being read.
type level struct {
	object *object // nil for a list
	key    string
	keyed  bool // a name was read, and its value is next
	items  list
}

// structure takes a bracket, a comma or a colon.
func (r *Reader) structure(c byte) string {
	var top *level
	if n := len(r.stack); n > 0 {
		top = &r.stack[n-1]
	}
	switch c {
	case '[', '{':
		switch {
		case len(r.stack) >= maxDeep:
			return "Exceeds depth limit for parsing"
		case r.has:
			return "Expected separator between values"
		}
		var l level
		if c == '{' {
			l.object = &object{}
			r.pending += objectBytes
		}
		r.stack = append(r.stack, l)
		r.pending += listBytes
	case ':':
		switch {
		case !r.has:
			return "Expected string key before ':'"
		case top == nil || top.object == nil || top.keyed:
			return "':' not as part of an object"
		}
		name, ok := r.next.(string)
		if !ok {
			return "Object keys must be strings"
		}
		top.key, top.keyed = name, true
		r.next, r.has = nil, false
	case ',':
		switch {
		case !r.has:
			return "Expected value before ','"
		case top == nil:
			return "',' not as part of an object or array"
		case top.object != nil && !top.keyed:
			return "Objects must consist of key:value pairs"
		}
		r.put(top)
	default:
		return r.closing(c, top)
	}
	return ""
}

// put adds the value that was read to what it stands in.
func (r *Reader) put(top *level) {
	if top.object != nil {
		top.object.Set(top.key, r.next)
		top.keyed = false
		r.pending += memberBytes
		if top.object.Len() > manyMembers {
			r.pending += placeBytes
		}
	} else {
		top.items = append(top.items, r.next)
		r.pending += 2 * wordBytes
	}
	r.next, r.has = nil, false
}

// closing takes a closing bracket.
func (r *Reader) closing(c byte, top *level) string {
	if c == ']' {
		switch {
		case top == nil || top.object != nil:
			return "Unmatched ']'"
		case r.has:
			r.put(top)
		case len(top.items) > 0:
			return "Expected another array element"
		}
		if top.items == nil {
			top.items = list{}
		}
		r.next = top.items
	} else {
		switch {
		case top == nil:
			return "Unmatched '}'"
		case r.has && !top.keyed:
			return "Objects must consist of key:value pairs"
		case r.has:
			r.put(top)
		case top.object == nil || top.keyed:
			return "Unmatched '}'"
		case top.object.Len() > 0:
			return "Expected another key-value pair"
		}
		r.next = top.object
	}
	r.has = true
	r.stack = r.stack[:len(r.stack)-1]
	return ""
}

// seen is what a stream's reader met last.
type seen int

const (
	seenNone seen = iota
	seenList
	seenObject
	seenColon
	seenComma
	seenValue
)

// streamer reads values as events: [path, scalar], and [path] where a list or an object ends.
type streamer struct {
	path   list // a number for a list, a text for a named member, nil for a member whose name is not known
	last   seen
	output list // the event that is next, and once more without its value where it has a third item
}

func (s *streamer) value(r *Reader) string {
	if r.has || s.last == seenValue {
		return "Expected separator between values"
	}
	s.last = seenNone
	if len(s.path) > 0 {
		s.last = seenValue
	}
	return ""
}

// here is a copy of the path.
func (s *streamer) here(r *Reader) list {
	r.pending += 2 * listSize(len(s.path))
	return append(list{}, s.path...)
}

// done puts events into the queue.
func (s *streamer) done(r *Reader) {
	switch {
	case len(s.path) == 0 && r.has:
		r.queue = append(r.queue, list{s.here(r), r.next})
		r.next, r.has = nil, false
	case s.output != nil:
		if len(s.output) > 2 {
			r.queue = append(r.queue, s.output[:2:2], s.output[:1:1])
		} else {
			r.queue = append(r.queue, s.output)
		}
		s.output = nil
	}
}

func (s *streamer) token(r *Reader, c byte) string {
	var top any
	if len(s.path) > 0 {
		top = s.path[len(s.path)-1]
	}
	k := kindOf(top)
	switch c {
	case '[', '{':
		switch {
		case len(s.path) >= maxDeep:
			return "Exceeds depth limit for parsing"
		case r.has || s.last == seenValue:
			return "Expected a separator between values"
		case s.last == seenObject:
			return "Expected string key after '{', not '" + string(c) + "'"
		case s.last == seenComma && k != kindNumber:
			return "Expected string key after ',' in object, not '" + string(c) + "'"
		}
		if c == '[' {
			s.path, s.last = append(s.path, box(0)), seenList
		} else {
			s.path, s.last = append(s.path, nil), seenObject
		}
	case ':':
		switch {
		case len(s.path) == 0 || k == kindNumber:
			return "':' not as part of an object"
		case !r.has:
			return "Expected string key before ':'"
		case kindOf(r.next) != kindString:
			return "Object keys must be strings"
		case s.last != seenValue:
			return "':' should follow a key"
		}
		s.path[len(s.path)-1], s.last = r.next, seenColon
		r.next, r.has = nil, false
	case ',':
		switch {
		case s.last != seenValue:
			return "Expected value before ','"
		case len(s.path) == 0:
			return "',' not as part of an object or array"
		case top == nil:
			return "Objects must consist of key:value pairs"
		}
		s.leaf(r, false)
		if f, ok := number(top); ok {
			s.path[len(s.path)-1] = box(f + 1)
		} else {
			s.path[len(s.path)-1] = nil
		}
		s.last = seenComma
	default:
		return s.closing(r, c, k)
	}
	return ""
}

// leaf makes an event of a scalar that was read.
func (s *streamer) leaf(r *Reader, last bool) {
	if !r.has {
		return
	}
	s.output = list{s.here(r), r.next}
	if last {
		s.output = append(s.output, true)
	}
	r.next, r.has = nil, false
}

func (s *streamer) closing(r *Reader, c byte, k kind) string {
	empty := s.last == seenList && c == ']' || s.last == seenObject && c == '}'
	switch {
	case len(s.path) == 0:
		return "Unmatched '" + string(c) + "' at the top-level"
	case s.last == seenComma && c == ']':
		return "Expected another array element"
	case s.last == seenComma:
		return "Expected another key:value pair"
	case c == ']' && k != kindNumber:
		return "Unmatched ']' in the middle of an object"
	case c == '}' && k == kindNumber:
		return "Unmatched '}' in the middle of an array"
	case c == '}' && r.has && k != kindString:
		return "Objects must consist of key:value pairs"
	case s.last == seenColon:
		return "Missing value in key:value pair"
	}
	if r.has {
		s.leaf(r, true)
	} else if !empty {
		s.output = list{s.here(r)}
	}
	s.path = s.path[:len(s.path)-1]
	if empty {
		var nothing any = list{}
		if c == '}' {
			nothing = &object{}
		}
		s.output = list{s.here(r), nothing}
	}
	s.last = seenNone
	if len(s.path) > 0 {
		s.last = seenValue
	}
	return ""
}
