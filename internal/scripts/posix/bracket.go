package posix

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// classes are [:alpha:] and its like, as parts of one of Go's brackets.
var classes = map[string]string{
	"alpha": `\pL\p{Nl}`, "digit": `0-9`, "alnum": `\pL\pN`, "upper": `\p{Lu}`, "lower": `\p{Ll}`,
	"space": `\t-\r \x{1680}\x{2000}-\x{2006}\x{2008}-\x{200a}\x{2028}\x{2029}\x{205f}\x{3000}`, "blank": ` \t`,
	"punct": `!-/:-@\[-` + "`" + `{-~\pP\pS`, "cntrl": `\x00-\x1f\x7f-\x{9f}`, "xdigit": `0-9A-Fa-f`,
	"print": ` -~\pL\pM\pN\pP\pS\p{Zs}`, "graph": `!-~\pL\pM\pN\pP\pS`,
}

var (
	errBracket = errors.New("Unmatched [, [^, [:, [., or [=")
	errClass   = errors.New("Invalid character class name")
	errCollate = errors.New("Invalid collation character")
	errRange   = errors.New("Invalid range end")
)

// bracket reads a bracket expression, which begins at i.
func (t *translator) bracket() error {
	at := t.i
	j := at + 1
	var out strings.Builder
	out.WriteByte('[')
	if j < len(t.in) && t.in[j] == '^' {
		out.WriteByte('^')
		j++
	}
	for first := true; ; first = false {
		if j >= len(t.in) {
			return errBracket
		}
		if t.in[j] == ']' && !first {
			break
		}
		if strings.HasPrefix(t.in[j:], "[:") {
			name, _, ok := strings.Cut(t.in[j+2:], ":]")
			if !ok {
				return errBracket
			}
			class, known := classes[name]
			if !known {
				return errClass
			}
			if t.o.IgnoreCase && (name == "upper" || name == "lower") {
				class = `\p{Lu}\p{Ll}`
			}
			out.WriteString(class)
			j += len(name) + 4
			continue
		}
		low, n, err := t.member(j)
		if err != nil {
			return err
		}
		j += n
		if j+1 >= len(t.in) || t.in[j] != '-' || t.in[j+1] == ']' {
			writeMember(&out, low)
			continue
		}
		high, n, err := t.member(j + 1)
		if err != nil {
			return err
		}
		if high < low {
			return errRange
		}
		j += 1 + n
		writeMember(&out, low)
		out.WriteByte('-')
		writeMember(&out, high)
	}
	out.WriteByte(']')
	t.begin(out.String(), j+1-at)
	return nil
}

// member is the character at j, [.x.] and [=x=] included, and how many bytes it takes.
func (t *translator) member(j int) (rune, int, error) {
	for _, kind := range []string{".", "="} {
		if strings.HasPrefix(t.in[j:], "["+kind) {
			name, _, ok := strings.Cut(t.in[j+2:], kind+"]")
			if !ok {
				return 0, 0, errBracket
			}
			r, n := utf8.DecodeRuneInString(name)
			if n == 0 || n != len(name) {
				return 0, 0, errCollate
			}
			return r, len(name) + 4, nil
		}
	}
	if t.o.Syntax == Awk && t.in[j] == '\\' && j+1 < len(t.in) {
		inner := translator{in: t.in[j:]}
		inner.awkEscape(t.in[j+1])
		if text, ok := awkEscapes[t.in[j+1]]; ok {
			return map[string]rune{`\x07`: 7, `\x08`: 8, `\x0c`: 12, `\n`: 10, `\r`: 13, `\t`: 9, `\x0b`: 11}[text], 2, nil
		}
		text := strings.TrimPrefix(string(inner.out), `\`)
		if text == "" {
			text = `\`
		}
		r, _ := utf8.DecodeRuneInString(text)
		return r, inner.i, nil
	}
	r, n := utf8.DecodeRuneInString(t.in[j:])
	return r, n, nil
}

// writeMember writes a character of a bracket expression.
func writeMember(out *strings.Builder, r rune) {
	if strings.ContainsRune(`\]^-[&~`, r) {
		out.WriteByte('\\')
	}
	out.WriteRune(r)
}
