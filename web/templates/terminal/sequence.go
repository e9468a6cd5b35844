package terminal

import (
	"net/url"
	"strings"
)

const escape = 0x1b

// escape follows the sequence that text begins with, and returns how many bytes it has. One that has not ended yet waits for what comes;
// one that is not followed is shown.
func (s *Screen) escape(text string) int {
	n, whole := extent(text)
	switch {
	case whole && s.follow(text[:n]):
		return n
	case whole:
		s.show(text[:n])
		return n
	case n == len(text) && n < maxSequence:
		s.pending = text
		return n
	}
	s.show(text[:1])
	return 1
}

// extent is how long the sequence is, and whether it has ended. A control character that cannot be in it ends what is none.
func extent(text string) (n int, whole bool) {
	if len(text) == 1 {
		return 1, false
	}
	switch text[1] {
	case '[':
		for i := 2; i < len(text); i++ {
			if c := text[i]; c >= '@' && c <= '~' {
				return i + 1, true
			} else if c < ' ' || c > '~' {
				return i, false
			}
		}
		return len(text), false
	case ']', 'P', '_', '^', 'X': // strings, which BEL or ESC \ end
		for i := 2; i < min(len(text), maxSequence); i++ {
			switch {
			case text[i] == 0x07:
				return i + 1, true
			case text[i] == escape && i+1 == len(text):
				return len(text), false
			case text[i] == escape && text[i+1] == '\\':
				return i + 2, true
			case text[i] < ' ':
				return i, false
			}
		}
		return min(len(text), maxSequence), false
	case '(', ')', '*', '+', ' ', '#', '%':
		return min(len(text), 3), len(text) >= 3
	}
	if text[1] < '0' || text[1] > '~' {
		return 1, false
	}
	return 2, true
}

// follow does what a sequence says within its line, and reports whether it did. What goes to other lines, sets a title, or asks
// something back is not followed.
func (s *Screen) follow(text string) bool {
	switch text[1] {
	case '[':
		return s.followCSI(text[2:len(text)-1], text[len(text)-1])
	case ']':
		return s.followLink(strings.TrimSuffix(strings.TrimSuffix(text[2:], "\x07"), "\x1b\\"))
	case '(', ')':
		return text[2] == 'B' || text[2] == '0' // character sets, as tput's sgr0 has them
	case '=', '>':
		return true // keypad modes
	}
	return false
}

func (s *Screen) followCSI(parameters string, final byte) bool {
	if (final == 'h' || final == 'l') && strings.HasPrefix(parameters, "?") {
		return true // modes: the cursor hidden, pasting, the other screen
	}
	if strings.ContainsFunc(parameters, func(r rune) bool { return (r < '0' || r > '9') && r != ';' && r != ':' }) {
		return false
	}
	if final == 'm' {
		next := s.pen.graphics(parameters)
		s.pen = &next
		return true
	}
	n := number(parameters)
	if n < 0 {
		return false
	}
	switch final {
	case 'C':
		s.place(s.column() + max(n, 1))
	case 'D':
		s.place(s.column() - max(n, 1))
	case 'G', '`':
		s.place(max(n, 1) - 1)
	case 'K':
		s.erase(n)
	case 'J':
		if n != 0 { // what is above is not this line's
			return false
		}
		s.erase(0)
	default:
		return false
	}
	return true
}

// erase clears the line from the cursor on (0), up to it (1), or whole (2).
func (s *Screen) erase(what int) {
	at := s.column()
	if at >= len(s.cells) && what == 0 {
		return // there is nothing
	}
	s.place(at)
	at = s.at
	switch what {
	case 0:
		s.cut(at)
	case 1:
		for i := range min(at+1, len(s.cells)) {
			s.cells[i] = cell{letter: ' ', look: &look{}}
		}
	case 2:
		s.cut(0)
	}
	s.over = true
}

func (s *Screen) cut(at int) {
	if at < len(s.cells) {
		if s.cells[at].letter == 0 && at > 0 {
			s.cells[at-1].letter = ' '
		}
		s.cells = s.cells[:at]
	}
}

// followLink begins or ends a link (OSC 8): to https, and to nothing else.
func (s *Screen) followLink(text string) bool {
	rest, ok := strings.CutPrefix(text, "8;")
	if !ok {
		return false
	}
	_, to, ok := strings.Cut(rest, ";")
	if !ok || to != "" && !isSecure(to) {
		return false
	}
	next := *s.pen
	next.link = to
	s.pen = &next
	return true
}

const secure = "https://"

// isSecure reports whether an address may be a link: https, with a host, and nobody's name before it that reads like one.
func isSecure(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil && !strings.ContainsFunc(address, func(r rune) bool {
		return r <= ' ' || r == '"' || r == '<' || r == '>' || Glyph(r) != r
	})
}
