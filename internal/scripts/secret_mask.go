package scripts

import (
	"slices"
	"strings"
	"sync"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// masked stands for a secret on pages and in records.
const masked = "********"

// shortest is the length of the shortest text that is masked: a shorter one would mask half of every output.
const shortest = 4

// secrets are values that events must not show. The script itself works with what they are.
type secrets struct {
	mu     sync.Mutex
	values []string // the longest first
}

// add takes a value, as it is and as it stands in JSON text. Of a value of several lines each line counts.
func (s *secrets) add(value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, text := range append(strings.Split(value, "\n"), value) {
		text = strings.TrimSpace(text)
		quoted, err := document.Marshal(text)
		if err != nil || len(text) < shortest {
			continue
		}
		for _, form := range []string{text, string(quoted[1:len(quoted)-1])} {
			if !slices.Contains(s.values, form) {
				s.values = append(s.values, form)
			}
		}
	}
	slices.SortStableFunc(s.values, func(a, b string) int { return len(b) - len(a) })
}

// text masks the secrets in a text.
func (s *secrets) text(text string) string {
	for _, v := range s.values {
		text = strings.ReplaceAll(text, v, masked)
	}
	return text
}

// event masks the secrets in an event.
func (s *secrets) event(e procedures.Event) procedures.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.values) == 0 {
		return e
	}
	e.Text = s.text(e.Text)
	if e.Call != nil {
		call := *e.Call
		call.Error, call.Advice = s.text(call.Error), s.text(call.Advice)
		call.Args = slices.Clone(call.Args)
		for i := range call.Args {
			call.Args[i] = s.text(call.Args[i])
		}
		call.Document = s.document(call.Document)
		if call.Reading != nil {
			reading := *call.Reading
			reading.Reason = s.text(reading.Reason)
			call.Reading = &reading
		}
		e.Call = &call
	}
	return e
}

// document is a copy of a document without the secrets.
func (s *secrets) document(v document.Value) document.Value {
	switch v := v.(type) {
	case string:
		return s.text(v)
	case document.List:
		out := make(document.List, len(v))
		for i, item := range v {
			out[i] = s.document(item)
		}
		return out
	case *document.Object:
		if v == nil {
			return v
		}
		out := &document.Object{}
		for name, inner := range v.All() {
			out.Set(name, s.document(inner))
		}
		return out
	}
	return v
}
