// Package mask takes what is secret out of everything that leaves an execution. A Mask knows values that were named as secret, in
// all the ways in which they are written, and what a secret looks like by itself. An [Emitter] is the only way by which
// events leave an execution; it cannot be made without a Mask.
package mask

import (
	"slices"
	"strings"
	"sync"

	"github.com/opsbook/opsbook/internal/procedures"
)

// What stands where a secret was: one that was there before, and one that was generated while the runbook ran.
const (
	Hidden    = "••••••"
	Generated = "•••••• (generated)"
)

// Shorter values are not masked: they would be found everywhere.
const (
	shortestSecret  = 4  // bytes
	shortestEncoded = 8  // in another encoding
	shortestPart    = 10 // cut off; two thirds of it at least
	shortestBroken  = 12 // where a line break may stand inside
)

// Mask knows what must not be shown. It is safe for concurrent use; the zero value knows only what secrets look like.
type Mask struct {
	mu        sync.Mutex
	values    []string // as they were named, in that order
	kinds     map[string]procedures.SecretKind
	open      map[string]bool // identifiers that look like a secret and are none
	openIDs   bool
	automaton *automaton // of values; nil where one was added since
}

// New begins with values that are known.
func New(values ...string) *Mask {
	m := &Mask{}
	for _, v := range values {
		m.Add(v)
	}
	return m
}

// Of is the mask of an execution: with its declared secrets, and with what earlier steps left. state may be nil.
func Of(state *procedures.ScriptState, declared ...string) *Mask {
	return new(Mask).Knowing(state, declared...)
}

// Knowing is the mask itself, which from now on knows what Of does.
func (m *Mask) Knowing(state *procedures.ScriptState, declared ...string) *Mask {
	for _, v := range declared {
		m.Add(v)
	}
	m.Learn(state)
	return m
}

// Learn takes over what earlier steps have learned. Identifiers that the steps keep in variables are no secrets.
func (m *Mask) Learn(state *procedures.ScriptState) {
	if state == nil {
		return
	}
	for _, value := range state.Secrets {
		switch {
		case slices.Contains(state.Generated, value):
			m.Add(value, procedures.SecretGenerated)
		case slices.Contains(state.SecretWords, value):
			m.Add(value, procedures.SecretWord)
		default:
			m.Add(value)
		}
	}
	for _, v := range state.Variables {
		if accessKeyID().MatchString(v.Text) {
			m.Open(v.Text)
		}
	}
}

// Leave writes what is known into what a step leaves for the next ones.
func (m *Mask) Leave(state *procedures.ScriptState) {
	m.mu.Lock()
	defer m.mu.Unlock()
	state.Secrets, state.Generated, state.SecretWords = slices.Clone(m.values), nil, nil
	for _, value := range m.values {
		switch m.kinds[value] {
		case procedures.SecretGenerated:
			state.Generated = append(state.Generated, value)
		case procedures.SecretWord:
			state.SecretWords = append(state.SecretWords, value)
		}
	}
}

// Add names a secret value. From now on it is masked: of several lines each line too, where it is written in base64,
// hexadecimal, JSON or a URL, and where it is JSON, its leaves. Values shorter than shortestSecret bytes are ignored.
// A value that is named twice stays what it was, but for one that turns out to be generated, or secret wherever it stands.
func (m *Mask) Add(value string, kind ...procedures.SecretKind) {
	var k procedures.SecretKind
	if len(kind) > 0 {
		k = kind[0]
	}
	value = strings.TrimRight(value, "\r\n")
	m.mu.Lock()
	defer m.mu.Unlock()
	m.add(value, k)
	for _, leaf := range leaves(value) {
		m.add(leaf.text, max(k, leaf.kind))
	}
}

// add names one value; m.mu is held.
func (m *Mask) add(value string, kind procedures.SecretKind) {
	if len(value) < shortestSecret || strings.Contains(value, "•••") {
		return
	}
	if m.kinds == nil {
		m.kinds = map[string]procedures.SecretKind{}
	}
	before, known := m.kinds[value]
	if known && (before == kind || kind == procedures.SecretWord || before == procedures.SecretGenerated) {
		return
	}
	if !known {
		m.values = append(m.values, value)
	}
	m.kinds[value], m.automaton = kind, nil
}

// Open names an identifier that looks like a secret and is none, such as the id of an access key that IAM lists.
func (m *Mask) Open(value string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.open == nil {
		m.open = map[string]bool{}
	}
	m.open[value] = true
}

func (m *Mask) isOpen(value string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.openIDs || m.open[value]
}

// Knows reports whether a value was named.
func (m *Mask) Knows(value string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, known := m.kinds[value]
	return known
}

// known is the automaton of all values that were named so far; nil for none.
func (m *Mask) known() *automaton {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.automaton == nil && len(m.values) > 0 {
		m.automaton = newAutomaton(m.values, m.kinds)
	}
	return m.automaton
}

// Text masks what is secret in a text. A text without secrets is returned as it is.
func (m *Mask) Text(text string) string {
	if len(text) < shortestSecret {
		return text
	}
	spans := m.find(text).spans
	return render(text, spans, 0, len(text))
}

// Texts masks each text, in a new list.
func (m *Mask) Texts(list []string) []string {
	if list == nil {
		return nil
	}
	out := make([]string, len(list))
	for i, text := range list {
		out[i] = m.Text(text)
	}
	return out
}

// Text masks what looks like a secret in a text, where no execution is known.
func Text(text string) string { return new(Mask).Text(text) }

// Secrets are the parts of a text that look like secrets.
func Secrets(text string) []string {
	var out []string
	for _, s := range new(Mask).find(text).spans {
		out = append(out, text[s.from:s.to])
	}
	return out
}

// span is a part of a text that is secret.
type span struct {
	from, to  int
	generated bool
}

// found is what was found in a text.
type found struct {
	spans []span // in order, without overlaps
	// pending is from where on the end of the text may be the beginning of a secret: more of it is needed. pendingShort is
	// the same where a few letters are alike already.
	pending, pendingShort int
}

// find finds all secrets in one pass over what is known and one over what secrets look like.
func (m *Mask) find(text string) found {
	f := found{pending: len(text), pendingShort: len(text)}
	if a := m.known(); a != nil {
		var began, depth int
		f.spans, began, depth = a.scan(text, f.spans)
		if f.pendingShort = min(f.pendingShort, began); depth >= shortestSecret {
			f.pending = min(f.pending, began)
		}
	}
	p := &patterns{mask: m, text: text, pending: len(text), spans: f.spans}
	p.scan()
	f.pending = min(f.pending, p.pending)
	f.pendingShort = min(f.pendingShort, f.pending)
	f.spans = merged(p.spans)
	return f
}

// merged puts spans in order, and those that overlap together.
func merged(spans []span) []span {
	if len(spans) < 2 {
		return spans
	}
	slices.SortFunc(spans, func(a, b span) int {
		if a.from != b.from {
			return a.from - b.from
		}
		return b.to - a.to
	})
	out := spans[:1]
	for _, s := range spans[1:] {
		last := &out[len(out)-1]
		if s.from < last.to {
			last.to, last.generated = max(last.to, s.to), last.generated || s.generated
			continue
		}
		out = append(out, s)
	}
	return out
}

// render returns a part of a text with its secrets hidden.
func render(text string, spans []span, from, to int) string {
	var out strings.Builder
	at := from
	for _, s := range spans {
		if s.to <= from || s.from >= to {
			continue
		}
		if s.from > at {
			out.WriteString(text[at:s.from])
		}
		hidden := Hidden
		if s.generated {
			hidden = Generated
		}
		// What is masked already is not masked again.
		if s.generated || text[s.from:s.to] != Generated {
			out.WriteString(hidden)
		} else {
			out.WriteString(Generated)
		}
		at = max(at, min(s.to, to))
	}
	if at == from {
		return text[from:to]
	}
	out.WriteString(text[at:to])
	return out.String()
}
