package document

// The bounds of one evaluation of a query.
const (
	maxMade = 64 << 20      // bytes that it makes
	maxWork = 2_000_000_000 // values that it goes through, and bytes of text
)

// word is what a place in a list takes, in bytes.
const word = 16

// spendStep is after how much spending is told.
const spendStep = 64 << 10

// searcher is one evaluation of a query.
type searcher struct {
	tell       func(made, work int64) error // nil for nobody
	made, work int64                        // in all
	newMade    int64                        // not yet told
	newWork    int64
}

// spend counts bytes that are made, before they are, and what is gone through.
func (s *searcher) spend(made, work int64) error {
	s.made += made
	s.work += work
	switch {
	case s.made > maxMade:
		return badQuery(0, "The query makes more than %d MB of the answer: select less of it", maxMade>>20)
	case s.work > maxWork:
		return badQuery(0, "The query goes through more than %d values: select less before it compares", maxWork)
	}
	s.newMade += made
	s.newWork += work
	if s.newMade+s.newWork < spendStep {
		return nil
	}
	return s.flush()
}

// flush tells what was spent.
func (s *searcher) flush() error {
	made, work := s.newMade, s.newWork
	s.newMade, s.newWork = 0, 0
	if s.tell == nil || made+work == 0 {
		return nil
	}
	return s.tell(made, work)
}

// size refuses a value that is more than maxMade bytes with its shared parts as often as they occur: [@, @] of [@, @] of … needs little
// memory, and prints as more than there is. n may be nil.
func (s *searcher) size(n *Node, v Value) error {
	if shallowSize(v) == 0 {
		return nil
	}
	left := int64(maxMade)
	if s.measure(v, &left) {
		return s.spend(0, (maxMade-left)/word)
	}
	at := 0
	if n != nil {
		at = n.At
	}
	return badQuery(at, "The query makes more than %d MB of the answer: select less of it", maxMade>>20)
}

// measure takes a value's size off left, and reports whether that was enough.
func (s *searcher) measure(v Value, left *int64) bool {
	*left -= word + textBytes(v)
	if *left < 0 {
		return false
	}
	switch v := v.(type) {
	case List:
		for _, item := range v {
			if !s.measure(item, left) {
				return false
			}
		}
	case *Object:
		for name, item := range v.All() {
			if *left -= int64(len(name)); !s.measure(item, left) {
				return false
			}
		}
	}
	return true
}

func textBytes(v Value) int64 {
	text, _ := v.(string)
	return int64(len(text))
}

// shallowSize is what a list, an object or a text takes without what is in it; 0 for everything else.
func shallowSize(v Value) int64 {
	switch v := v.(type) {
	case string:
		return int64(len(v))
	case List:
		return word * int64(len(v))
	case *Object:
		return 4 * word * int64(v.Len())
	}
	return 0
}
