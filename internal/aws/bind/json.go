package bind

import (
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
)

// parseJSON reads JSON that was typed. The error is worded as Python's json module words it.
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
type jsonScan struct {
	text []rune
	at   int
	deep int
}

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

// value reads a value; at stands at the mistake when there is a message.
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
	for _, word := range []string{"null", "true", "false", "NaN", "Infinity"} {
		if strings.HasPrefix(string(s.text[s.at:min(len(s.text), s.at+8)]), word) {
			s.at += len(word)
			return ""
		}
	}
	return "Expecting value"
}

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
