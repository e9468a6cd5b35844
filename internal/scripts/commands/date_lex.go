package commands

import (
	"strings"
	"time"
)

// isMark reports whether the token is that one character.
func (t token) isMark(mark byte) bool { return t.kind == tokenMark && t.mark == mark }

// number reads a decimal number that the caller knows to be one; 0 for "".
func number(digits string) int {
	n := 0
	for _, d := range []byte(digits) {
		n = n*10 + int(d-'0')
	}
	return n
}

// isDigit, isLetter and isSpace are C's isdigit, isalpha and isspace of the C locale.
func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// lexDate splits a date into its words. Text in parentheses is a comment.
// An unclosed parenthesis makes the remaining text a comment. An unknown word is errDate; any
// other character is a mark.
func lexDate(s string, now time.Time) ([]token, error) {
	var tokens []token
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case isSpace(c):
			i++
		case c == '(':
			end := strings.IndexByte(s[i:], ')')
			if end < 0 {
				return tokens, nil
			}
			i += end + 1
		case isDigit(c) || c == '-' || c == '+':
			t, next, err := lexNumber(s, i)
			if err != nil {
				return nil, err
			}
			if next > i && t.kind != tokenEnd {
				tokens = append(tokens, t)
			}
			i = next
		case isLetter(c):
			end := i
			for end < len(s) && (isLetter(s[end]) || s[end] == '.') {
				end++
			}
			t := dateWord(s[i:end], now)
			if t.kind == tokenUnknown {
				return nil, errDate
			}
			tokens = append(tokens, t)
			i = end
		default:
			tokens = append(tokens, token{kind: tokenMark, mark: c})
			i++
		}
	}
	return tokens, nil
}

// lexNumber reads an optional sign, spaces, digits and a fraction. A sign without digits is skipped.
// It returns the index behind the number. More than 17 digits are errDate, as they could overflow;
// of a fraction nine digits count, which are nanoseconds.
func lexNumber(s string, i int) (token, int, error) {
	t := token{kind: tokenUnsigned}
	if s[i] == '-' || s[i] == '+' {
		t.kind, t.minus = tokenSigned, s[i] == '-'
		i++
		for i < len(s) && isSpace(s[i]) {
			i++
		}
		if i >= len(s) || !isDigit(s[i]) {
			return token{}, i, nil
		}
	}
	start := i
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	if i-start > 17 {
		return t, i, errDate
	}
	t.value, t.digits = number(s[start:i]), i-start
	// GNU's takes a comma too, as ISO 8601 does; a full stop without a digit behind it is a mark
	if i+1 < len(s) && (s[i] == '.' || s[i] == ',') && isDigit(s[i+1]) {
		start = i + 1
		for i++; i < len(s) && isDigit(s[i]); i++ {
		}
		t.nanos = number((s[start:i] + "000000000")[:9])
		if t.kind == tokenSigned {
			t.kind = tokenSignedDecimal
		} else {
			t.kind = tokenUnsignedDecimal
		}
	}
	if t.minus {
		t.value, t.nanos = -t.value, -t.nanos
	}
	return t, i, nil
}
