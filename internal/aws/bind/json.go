package bind

import (
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
)

// parseJSON reads JSON that was typed. The error is worded as Python's json module words it.
// document.Parse decides whether it is JSON; only a refused text is read a second time, for Python's message and
// place. Lines and columns count from 1, the character from 0, all in characters and not in bytes.
//
//	{"a" 1}   gives   Expecting ':' delimiter: line 1 column 6 (char 5)
func parseJSON(text string) (document.Value, error) {
	v, err := document.Parse([]byte(text))
	if err == nil {
		return v, nil
	}
	s := jsonScan{text: []rune(text)}
	if message, at := s.whole(); message != "" {
		before := string(s.text[:at])
		column := at - len([]rune(before[:strings.LastIndexByte(before, '\n')+1])) + 1
		return nil, fmt.Errorf("%s: line %d column %d (char %d)", message, strings.Count(before, "\n")+1, column, at)
	}
	return nil, fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "parse JSON: "))
}

// jsonScan finds the first place at which a text is no JSON.
// It follows the order in which Python's json.decoder looks, so that both stop at the same place with the same
// message. An empty message stands for no error.
type jsonScan struct {
	text []rune
	at   int
	deep int
}

// current is the character at the place, -1 at the end.
func (s *jsonScan) current() rune {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return -1
}

func (s *jsonScan) space() {
	for s.at < len(s.text) && strings.ContainsRune(" \t\n\r", s.text[s.at]) {
		s.at++
	}
}

// whole reads one value with nothing but white space around it.
func (s *jsonScan) whole() (message string, at int) {
	s.space()
	if message := s.value(); message != "" {
		return message, s.at
	}
	if s.space(); s.at < len(s.text) {
		return "Extra data", s.at
	}
	return "", 0
}

// value reads a value; at stands at the error when there is a message.
// The bound keeps a text of nothing but brackets from exhausting the stack.
func (s *jsonScan) value() string {
	if s.deep++; s.deep > maxNesting*10 {
		return "Too deep"
	}
	defer func() { s.deep-- }()
	switch c := s.current(); {
	case c == '"':
		return s.string()
	case c == '{':
		return s.members('}', true)
	case c == '[':
		return s.members(']', false)
	case c == '-' || c >= '0' && c <= '9':
		return s.number()
	}
	// Python accepts NaN and Infinity, which JSON does not have.
	for _, word := range []string{"null", "true", "false", "NaN", "Infinity"} {
		if strings.HasPrefix(string(s.text[s.at:min(len(s.text), s.at+8)]), word) {
			s.at += len(word)
			return ""
		}
	}
	return "Expecting value"
}

// number reads as much as is a number. A point or an exponent without digits is left for the caller to refuse.
func (s *jsonScan) number() string {
	start := s.at
	if s.current() == '-' {
		s.at++
	}
	digits := func() bool {
		from := s.at
		for s.current() >= '0' && s.current() <= '9' {
			s.at++
		}
		return s.at > from
	}
	if s.current() == '0' {
		s.at++
	} else if !digits() {
		s.at = start
		return "Expecting value"
	}
	if end := s.at; s.current() == '.' {
		if s.at++; !digits() {
			s.at = end
			return ""
		}
	}
	if end := s.at; s.current() == 'e' || s.current() == 'E' {
		s.at++
		if s.current() == '+' || s.current() == '-' {
			s.at++
		}
		if !digits() {
			s.at = end
		}
	}
	return ""
}

// string reads a quoted text. An unterminated one is reported at its opening quote, as Python does, and not at the
// end.
func (s *jsonScan) string() string {
	start := s.at
	for s.at++; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return ""
		case c < ' ':
			return "Invalid control character at"
		case c == '\\':
			s.at++
			if s.current() >= 0 && !strings.ContainsRune(`"\/bfnrtu`, s.current()) {
				s.at--
				return "Invalid \\escape"
			}
		}
	}
	s.at = start
	return "Unterminated string starting at"
}

// members reads an object's or a list's members.
func (s *jsonScan) members(end rune, named bool) string {
	s.at++
	if s.space(); s.current() == end {
		s.at++
		return ""
	}
	for {
		if named {
			if s.current() != '"' {
				return "Expecting property name enclosed in double quotes"
			}
			if message := s.string(); message != "" {
				return message
			}
			if s.space(); s.current() != ':' {
				return "Expecting ':' delimiter"
			}
			s.at++
			s.space()
		}
		if message := s.value(); message != "" {
			return message
		}
		s.space()
		switch s.current() {
		case end:
			s.at++
			return ""
		case ',':
			s.at++
			s.space()
		default:
			return "Expecting ',' delimiter"
		}
	}
}
