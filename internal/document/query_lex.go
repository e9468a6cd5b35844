package document

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// tokenKind is a kind of JMESPath token, named as in its specification:
// https://jmespath.org/specification.html
type tokenKind string

const (
	tEnd        tokenKind = "eof"
	tIdentifier tokenKind = "unquoted_identifier"
	tQuoted     tokenKind = "quoted_identifier"
	tLiteral    tokenKind = "literal"
	tNumber     tokenKind = "number"
	tRightBrack tokenKind = "rbracket"
	tRightParen tokenKind = "rparen"
	tRightBrace tokenKind = "rbrace"
	tComma      tokenKind = "comma"
	tColon      tokenKind = "colon"
	tCurrent    tokenKind = "current"
	tExpref     tokenKind = "expref"
	tPipe       tokenKind = "pipe"
	tOr         tokenKind = "or"
	tAnd        tokenKind = "and"
	tEqual      tokenKind = "eq"
	tNotEqual   tokenKind = "ne"
	tGreater    tokenKind = "gt"
	tGreaterEq  tokenKind = "gte"
	tLess       tokenKind = "lt"
	tLessEq     tokenKind = "lte"
	tFlatten    tokenKind = "flatten"
	tStar       tokenKind = "star"
	tFilter     tokenKind = "filter"
	tDot        tokenKind = "dot"
	tNot        tokenKind = "not"
	tLeftBrace  tokenKind = "lbrace"
	tLeftBrack  tokenKind = "lbracket"
	tLeftParen  tokenKind = "lparen"
)

// powers are how strongly a token binds what stands to its left, as in jmespath.py.
var powers = map[tokenKind]int{
	tPipe: 1, tOr: 2, tAnd: 3, tEqual: 5, tGreater: 5, tLess: 5, tGreaterEq: 5, tLessEq: 5, tNotEqual: 5, tFlatten: 9,
	tStar: 20, tFilter: 21, tDot: 40, tNot: 45,
	tLeftBrace: 50, tLeftBrack: 55, tLeftParen: 60,
}

// projectionStop: a token that binds weaker ends a projection.
const projectionStop = 10

// lexeme is one token, with where it stands for messages.
type lexeme struct {
	kind  tokenKind
	text  string // of an identifier or a number
	value Value  // of a literal
	at    int    // byte offset
}

// QueryError says why an expression is not JMESPath, or why it cannot be evaluated, and
// where. Message may have several lines, the last with a mark below the place.
type QueryError struct {
	Message string
	At      int // byte offset in the expression
}

// Error implements error.
func (e *QueryError) Error() string { return e.Message }

// badQuery makes a *QueryError at a byte offset.
func badQuery(at int, format string, args ...any) error {
	return &QueryError{Message: fmt.Sprintf(format, args...), At: at}
}

// single are the characters that are a token by themselves and begin no longer one.
var single = map[byte]tokenKind{
	'.': tDot, '*': tStar, ']': tRightBrack, ',': tComma, ':': tColon, '@': tCurrent, '(': tLeftParen, ')': tRightParen,
	'{': tLeftBrace, '}': tRightBrace,
}

// pairs are the tokens that may have a second character.
var pairs = map[byte]struct {
	next           byte
	long, short    tokenKind
	shortIsMistake bool
}{
	'|': {'|', tOr, tPipe, false}, '&': {'&', tAnd, tExpref, false}, '<': {'=', tLessEq, tLess, false},
	'>': {'=', tGreaterEq, tGreater, false},
	'!': {'=', tNotEqual, tNot, false}, '=': {'=', tEqual, "", true},
}

func isNameStart(c byte) bool { return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool     { return c >= '0' && c <= '9' }

// lexQuery divides an expression into tokens, of which the last is tEnd. The whole of it
// is read before it is parsed, so that an unknown character is reported first.
func lexQuery(s string) ([]lexeme, error) {
	var out []lexeme
	for i := 0; i < len(s); {
		c := s[i]
		if kind, ok := single[c]; ok {
			out = append(out, lexeme{kind: kind, at: i})
			i++
			continue
		}
		if p, ok := pairs[c]; ok {
			switch {
			case i+1 < len(s) && s[i+1] == p.next:
				out = append(out, lexeme{kind: p.long, at: i})
				i += 2
			case p.shortIsMistake:
				return nil, badQuery(i, "Bad jmespath expression: Unknown token '%c':\n%s\n%s^", c, s, strings.Repeat(" ", i))
			default:
				out = append(out, lexeme{kind: p.short, at: i})
				i++
			}
			continue
		}
		l, next, err := lexLong(s, i)
		if err != nil {
			return nil, err
		}
		if l.kind != "" {
			out = append(out, l)
		}
		i = next
	}
	return append(out, lexeme{kind: tEnd, at: len(s)}), nil
}

// lexLong reads a token of several characters that begins at i, and returns where the next
// one begins. For white space, which is no token, the lexeme's kind is "".
func lexLong(s string, i int) (lexeme, int, error) {
	c := s[i]
	switch {
	case c == ' ' || c == '\t' || c == '\n' || c == '\r':
		return lexeme{}, i + 1, nil
	case isNameStart(c):
		j := i
		for j < len(s) && (isNameStart(s[j]) || isDigit(s[j])) {
			j++
		}
		return lexeme{kind: tIdentifier, text: s[i:j], at: i}, j, nil
	case isDigit(c) || c == '-':
		j := i + 1
		for j < len(s) && isDigit(s[j]) {
			j++
		}
		if s[i:j] == "-" {
			return lexeme{}, 0, badQuery(i, "Bad jmespath expression: Unknown token '-':\n%s\n%s^", s, strings.Repeat(" ", i))
		}
		return lexeme{kind: tNumber, text: s[i:j], at: i}, j, nil
	case c == '[':
		switch {
		case strings.HasPrefix(s[i:], "[]"):
			return lexeme{kind: tFlatten, at: i}, i + 2, nil
		case strings.HasPrefix(s[i:], "[?"):
			return lexeme{kind: tFilter, at: i}, i + 2, nil
		}
		return lexeme{kind: tLeftBrack, at: i}, i + 1, nil
	case c == '"' || c == '\'' || c == '`':
		return lexQuoted(s, i)
	}
	r, _ := utf8.DecodeRuneInString(s[i:])
	return lexeme{}, 0, badQuery(i, "Bad jmespath expression: Unknown token '%c':\n%s\n%s^", r, s, strings.Repeat(" ", i))
}

// lexQuoted reads "an identifier", 'a raw string' or `a literal`. An identifier is read
// as a JSON string; in a raw string only \' is an escape; a literal is JSON in which a
// backquote is written \`.
func lexQuoted(s string, i int) (lexeme, int, error) {
	quote := s[i]
	j := i + 1
	for j < len(s) && s[j] != quote {
		if s[j] == '\\' {
			j++
		}
		j++
	}
	if j >= len(s) {
		return lexeme{}, 0, badQuery(i, "Bad jmespath expression: Unclosed %c delimiter:\n%s\n%s^", quote, s, strings.Repeat(" ", i))
	}
	inner := s[i+1 : j]
	switch quote {
	case '"':
		v, err := Parse([]byte(s[i : j+1]))
		name, ok := v.(string)
		if err != nil || !ok {
			return lexeme{}, 0, badQuery(i, "Invalid jmespath expression: Invalid quoted identifier %s", s[i:j+1])
		}
		return lexeme{kind: tQuoted, text: name, at: i}, j + 1, nil
	case '\'':
		return lexeme{kind: tLiteral, value: strings.ReplaceAll(inner, `\'`, `'`), at: i}, j + 1, nil
	}
	inner = strings.TrimLeft(strings.ReplaceAll(inner, "\\`", "`"), " \t\n\r")
	v, err := Parse([]byte(inner))
	// The specification's older literals, which jmespath.py still accepts with a warning.
	if err != nil { // `security` is a string to jmespath.py
		if v, err = Parse([]byte(`"` + inner + `"`)); err != nil {
			return lexeme{}, 0, badQuery(i, "Invalid jmespath expression: Bad token %s", inner)
		}
	}
	return lexeme{kind: tLiteral, value: v, at: i}, j + 1, nil
}

// number reads a token that the lexer made of digits.
func (l lexeme) number() (int, error) {
	n, err := strconv.Atoi(l.text)
	if err != nil {
		return 0, badQuery(l.at, "Invalid jmespath expression: number %s is too large", l.text)
	}
	return n, nil
}
