package mask

import (
	"strings"
	"unicode/utf8"
)

// Bounds of what a Stream keeps, in bytes.
const (
	maxHeld    = 64 << 10 // that may be the beginning of a secret
	maxContext = 4 << 10  // of the line that was shown already
)

// Stream masks an output that arrives in pieces, as the whole would be masked: an end that may be the beginning of a secret is held
// back. It is used by one goroutine at a time.
type Stream struct {
	mask   *Mask
	buffer []byte
	sent   int // bytes of buffer that were shown; they are kept as what stands before the rest
}

// Stream begins an output.
func (m *Mask) Stream() *Stream { return &Stream{mask: m} }

// Write takes a piece.
func (s *Stream) Write(p []byte) { s.buffer = append(s.buffer, p...) }

// Waiting is how many bytes were not shown yet.
func (s *Stream) Waiting() int { return len(s.buffer) - s.sent }

// Ready returns what can be shown already. Without patience an unfinished word is held back too, as most go on soon; with it,
// only what looks like the beginning of a secret.
func (s *Stream) Ready(waited bool) string {
	if s.Waiting() == 0 {
		return ""
	}
	text := string(s.buffer)
	f := s.mask.find(text)
	cut := min(len(text), f.pending)
	if !waited {
		line := strings.LastIndexByte(text, '\n') + 1
		cut = min(cut, f.pendingShort, line+strings.LastIndexAny(text[line:], " \t\"'")+1)
	}
	for _, sp := range f.spans {
		if sp.from < cut && cut < sp.to {
			cut = sp.from
		}
	}
	if len(text)-cut > maxHeld {
		cut = len(text)
	}
	for k := 0; k < utf8.UTFMax && cut > s.sent && cut == len(text)-k && !utf8.ValidString(lastRune(text[:cut])); k++ {
		cut--
	}
	return s.show(text, f, cut)
}

// lastRune is the end of a text from its last rune's first byte on.
func lastRune(text string) string {
	for i := len(text) - 1; i >= 0 && i >= len(text)-utf8.UTFMax; i-- {
		if utf8.RuneStart(text[i]) {
			return text[i:]
		}
	}
	return ""
}

// Rest returns everything that was not shown.
func (s *Stream) Rest() string {
	if s.Waiting() == 0 {
		return ""
	}
	text := string(s.buffer)
	return s.show(text, s.mask.find(text), len(text))
}

// show renders up to a byte, and forgets what no decision needs any more.
func (s *Stream) show(text string, f found, cut int) string {
	if cut <= s.sent {
		return ""
	}
	out := render(text, f.spans, s.sent, cut)
	keep := min(cut, f.pending, f.pendingShort)
	line := strings.LastIndexByte(text[:keep], '\n') + 1
	line = strings.LastIndexByte(text[:max(0, line-1)], '\n') + 1 // a name may stand one line before its value
	if keep = line; cut-keep > maxContext && min(f.pending, f.pendingShort) >= cut {
		keep = cut - maxContext
	}
	if cut-keep > maxHeld {
		keep = cut - maxHeld
	}
	s.buffer = append(s.buffer[:0], text[keep:]...)
	s.sent = cut - keep
	return out
}
