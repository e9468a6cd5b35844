package bc

import (
	"strings"
)

// token is a word of a program: kind 'n' a number, 'a' a name, 's' a string, 'k' a keyword, 'o' an operator, '\n' an end of a line, 0
// the end.
type token struct {
	kind byte
	text string
	line int
}

var keywords = map[string]bool{
	"auto": true, "break": true, "continue": true, "define": true, "else": true, "for": true, "halt": true, "if": true, "last": true,
	"length": true, "print": true, "quit": true, "read": true, "return": true, "scale": true, "sqrt": true, "void": true, "while": true,
	"ibase": true, "obase": true, "limits": true, "warranty": true, "history": true, "random": true,
}

// operators, those that begin with others first.
var operators = []string{
	"++", "--", "+=", "-=", "*=", "/=", "%=", "^=", "==", "<=", ">=", "!=", "&&", "||",
	"+", "-", "*", "/", "%", "^", "=", "<", ">", "!", "(", ")", "[", "]", "{", "}", ",", ";",
}

type lexer struct {
	text string
	at   int
	line int
}

// next is the next word; wrong is a character that begins none.
func (l *lexer) next() (t token, wrong bool) {
	for l.at < len(l.text) {
		c := l.text[l.at]
		rest := l.text[l.at:]
		switch {
		case c == ' ' || c == '\t' || c == '\r':
			l.at++
		case strings.HasPrefix(rest, "\\\n"):
			l.at, l.line = l.at+2, l.line+1
		case c == '#':
			if end := strings.IndexByte(rest, '\n'); end >= 0 {
				l.at += end
			} else {
				l.at = len(l.text)
			}
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest[2:], "*/")
			if end < 0 {
				l.at = len(l.text)
				break
			}
			l.line += strings.Count(rest[:end+4], "\n")
			l.at += end + 4
		case c == '\n':
			l.at, l.line = l.at+1, l.line+1
			return token{'\n', "\n", l.line - 1}, false
		case c == '"':
			end := strings.IndexByte(rest[1:], '"')
			if end < 0 {
				l.at = len(l.text)
				return token{}, true
			}
			l.line += strings.Count(rest[:end+2], "\n")
			l.at += end + 2
			return token{'s', rest[1 : end+1], l.line}, false
		case c >= 'a' && c <= 'z':
			return l.name(), false
		case c >= '0' && c <= '9' || c >= 'A' && c <= 'F' || c == '.':
			return l.number(), false
		default:
			for _, op := range operators {
				if strings.HasPrefix(rest, op) {
					l.at += len(op)
					return token{'o', op, l.line}, false
				}
			}
			l.at++
			return token{'o', string(c), l.line}, true
		}
	}
	return token{0, "", l.line}, false
}

func (l *lexer) name() token {
	begin := l.at
	for l.at < len(l.text) && strings.IndexByte("abcdefghijklmnopqrstuvwxyz0123456789_", l.text[l.at]) >= 0 {
		l.at++
	}
	text := l.text[begin:l.at]
	if keywords[text] {
		return token{'k', text, l.line}
	}
	return token{'a', text, l.line}
}

func (l *lexer) number() token {
	var b strings.Builder
	point := false
	for l.at < len(l.text) {
		c := l.text[l.at]
		switch {
		case c == '.' && !point:
			point = true
		case strings.HasPrefix(l.text[l.at:], "\\\n"):
			l.at, l.line = l.at+2, l.line+1
			continue
		case !(c >= '0' && c <= '9' || c >= 'A' && c <= 'F'):
			return l.numberOf(b.String())
		}
		b.WriteByte(c)
		l.at++
	}
	return l.numberOf(b.String())
}

// numberOf is a number; a point alone is the last value that was printed.
func (l *lexer) numberOf(text string) token {
	if text == "." {
		return token{'k', "last", l.line}
	}
	return token{'n', text, l.line}
}
