package expand

import (
	"strings"
	"unicode"
)

// PosixExpression is an extended regular expression of POSIX, with GNU's operators, in the syntax of package regexp. (Opsbook)
func PosixExpression(expr string) string {
	var b strings.Builder
	atom := 0 // where the last part that can be repeated begins in b
	var groups []int
	repeated := false
	for i := 0; i < len(expr); i++ {
		c := expr[i]
		switch c {
		case '\\':
			if i++; i == len(expr) {
				b.WriteString(`\\`)
				return b.String()
			}
			atom, repeated = b.Len(), false
			switch e := expr[i]; {
			case e == '<' || e == '>':
				b.WriteString(`\b`)
			case e == '`':
				b.WriteString(`\A`)
			case e == '\'':
				b.WriteString(`\z`)
			case strings.IndexByte("wWsSbB", e) >= 0 || e < 128 && !unicode.IsLetter(rune(e)) && !unicode.IsDigit(rune(e)):
				b.WriteByte('\\')
				b.WriteByte(e)
			default: // a letter that is no operator stands for itself; a digit would be a group, which package regexp refuses
				if e >= '1' && e <= '9' {
					b.WriteByte('\\')
				}
				b.WriteByte(e)
			}
		case '[':
			atom, repeated = b.Len(), false
			end := bracketEnd(expr, i)
			if end < 0 {
				b.WriteString(expr[i:])
				return b.String()
			}
			b.WriteString(bracketOf(expr[i:end]))
			i = end - 1
		case '(':
			groups = append(groups, b.Len())
			repeated = false
			b.WriteByte(c)
			if i+1 < len(expr) && expr[i+1] == '?' { // no flags
				b.WriteString(`(?:)`)
			}
		case ')':
			if len(groups) > 0 {
				atom = groups[len(groups)-1]
				groups = groups[:len(groups)-1]
			}
			repeated = false
			b.WriteByte(c)
		case '*', '+', '?', '{':
			if c == '{' && (i+1 == len(expr) || expr[i+1] != ',' && (expr[i+1] < '0' || expr[i+1] > '9')) {
				atom, repeated = b.Len(), false
				b.WriteString(`\{`)
				break
			}
			if repeated { // (x+)?, where package regexp would read x+?
				text := b.String()
				b.Reset()
				b.WriteString(text[:atom] + "(?:" + text[atom:] + ")")
			}
			repeated = true
			if c == '{' && strings.HasPrefix(expr[i:], "{,") {
				b.WriteString("{0")
				break
			}
			b.WriteByte(c)
			if c == '{' {
				for i++; i < len(expr); i++ {
					b.WriteByte(expr[i])
					if expr[i] == '}' {
						break
					}
				}
			}
		case '|', '^', '$':
			atom, repeated = b.Len(), false
			b.WriteByte(c)
		default:
			atom, repeated = b.Len(), false
			b.WriteByte(c)
		}
	}
	return b.String()
}

// bracketEnd is where the set that begins at a byte ends; -1 where it does not.
func bracketEnd(expr string, at int) int {
	i := at + 1
	if i < len(expr) && expr[i] == '^' {
		i++
	}
	for first := true; i < len(expr); first = false {
		switch {
		case expr[i] == ']' && !first:
			return i + 1
		case expr[i] == '[' && i+1 < len(expr) && strings.IndexByte(":.=", expr[i+1]) >= 0:
			end := strings.Index(expr[i+2:], expr[i+1:i+2]+"]")
			if end < 0 {
				return -1
			}
			i += end + 4
		default:
			i++
		}
	}
	return -1
}

// bracketOf is a set whose first ] and other brackets stand for themselves.
func bracketOf(set string) string {
	inner := set[1 : len(set)-1]
	not := ""
	if rest, ok := strings.CutPrefix(inner, "^"); ok {
		not, inner = "^", rest
	}
	var b strings.Builder
	for i := 0; i < len(inner); i++ {
		if inner[i] == '[' && i+1 < len(inner) && inner[i+1] == ':' {
			if end := strings.Index(inner[i+2:], ":]"); end >= 0 {
				b.WriteString(inner[i : i+end+4])
				i += end + 3
				continue
			}
		}
		if strings.IndexByte(`[]\^&~`, inner[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(inner[i])
	}
	return "[" + not + b.String() + "]"
}
