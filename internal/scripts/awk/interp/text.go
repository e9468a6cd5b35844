package interp

// Opsbook: what awk does with texts, as gawk does it, and charged.

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/scripts/posix"
)

// words splits a line at blanks and newlines.
func (p *interp) words(line string) []string {
	if p.fail(p.charge(len(line) / 2 * 16)) {
		return nil
	}
	return strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' })
}

// splitText splits a line at a text.
func (p *interp) splitText(line, sep string) []string {
	n := len(line)
	if sep != "" {
		n = strings.Count(line, sep)
	}
	if p.fail(p.charge(n * 32)) {
		return nil
	}
	return strings.Split(line, sep)
}

// splitRegex splits a line where an expression matches some text.
func (p *interp) splitRegex(fields []string, line string, re *posix.Regexp) []string {
	from := 0
	err := re.Each(line, func(loc []int) (bool, error) {
		if loc[0] < loc[1] {
			fields = append(fields, line[from:loc[0]])
			from = loc[1]
		}
		return true, p.charge(32)
	})
	p.fail(err)
	return append(fields, line[from:])
}

// fail keeps the first error; the program ends with it.
func (p *interp) fail(err error) bool {
	if err != nil && p.failed == nil {
		p.failed = err
	}
	return err != nil
}

// sub is sub(), and gsub() with global.
func (p *interp) sub(regex, replacement, in string, global bool) (string, int, error) {
	re, err := p.compileRegex(regex)
	if err != nil {
		return "", 0, err
	}
	var out strings.Builder
	count, from := 0, 0
	err = re.Each(in, func(loc []int) (bool, error) {
		count++
		if err := p.charge(2 * (len(replacement)*(1+strings.Count(replacement, "&")*(loc[1]-loc[0])) + loc[0] - from)); err != nil {
			return false, err
		}
		out.WriteString(in[from:loc[0]])
		replace(&out, replacement, in[loc[0]:loc[1]])
		from = loc[1]
		return global, nil
	})
	if err != nil {
		return "", 0, err
	}
	if count == 0 {
		return in, 0, nil
	}
	if err := p.charge(len(in) - from); err != nil {
		return "", 0, err
	}
	out.WriteString(in[from:])
	return out.String(), count, nil
}

// replace writes a replacement, in which & is the text that matched, and \& one itself.
func replace(out *strings.Builder, replacement, matched string) {
	for i := 0; i < len(replacement); i++ {
		switch c := replacement[i]; {
		case c == '&':
			out.WriteString(matched)
		case c == '\\' && i+1 < len(replacement) && (replacement[i+1] == '&' || replacement[i+1] == '\\'):
			i++
			out.WriteByte(replacement[i])
		default:
			out.WriteByte(c)
		}
	}
}

// substr is the characters from pos on, counted from 1, at most length of them.
func (p *interp) substr(s string, pos, length float64) string {
	pos = max(1, math.Trunc(pos))
	if length = math.Trunc(length); math.IsNaN(pos) || !(length > 0) || pos > float64(len(s)) {
		return ""
	}
	from := places(s, 0, pos-1)
	return s[from:places(s, from, length)]
}

// places is where n characters end that begin at from.
func places(s string, from int, n float64) int {
	if n >= float64(len(s)-from) {
		return len(s)
	}
	for k := int(n); k > 0 && from < len(s); k-- {
		_, size := utf8.DecodeRuneInString(s[from:])
		from += size
	}
	return from
}

// sprintf is sprintf() and printf.
func (p *interp) sprintf(format string, args []value) (string, error) {
	var out strings.Builder
	var failed error
	next := func() (v value) {
		if len(args) == 0 {
			failed = newError("not enough arguments to satisfy format string `%s'", format)
			return null()
		}
		v, args = args[0], args[1:]
		return v
	}
	for i := 0; i < len(format); i++ {
		at := strings.IndexByte(format[i:], '%')
		if at < 0 {
			at = len(format) - i
		}
		if err := p.charge(2 * at); err != nil {
			return "", err
		}
		out.WriteString(format[i : i+at])
		if i += at; i >= len(format) {
			break
		}
		spec, letter, n := posix.ParseSpec(format[i+1:], func() int { return int(next().num()) })
		if n == 0 {
			out.WriteString(format[i:])
			break
		}
		if letter == '%' {
			out.WriteByte('%')
			i += n
			continue
		}
		text := ""
		if spec.Width > maxRecordLength || spec.Prec > maxRecordLength {
			return "", newError("a width of more than %d", maxRecordLength)
		}
		if err := p.charge(2 * (spec.Width + max(spec.Prec, 0))); err != nil {
			return "", err
		}
		switch letter {
		case 's':
			text = spec.Text(p.toString(next()))
		case 'c':
			text = spec.Text(p.character(next()))
		case 'd', 'i':
			text = integer(spec, next().num())
		case 'o', 'x', 'X', 'u':
			text = unsigned(spec, letter, next().num())
		case 'e', 'E', 'f', 'F', 'g', 'G', 'a', 'A':
			if f := next().num(); isFinite(f) {
				text = spec.Float(letter, f)
			} else {
				text = spec.Text(infinite(f))
			}
		default:
			return "", newError("`%c' is not permitted in POSIX awk formats", letter)
		}
		if failed != nil {
			return "", failed
		}
		if err := p.charge(2 * len(text)); err != nil {
			return "", err
		}
		out.WriteString(text)
		i += n
	}
	return out.String(), nil
}

func isFinite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

// infinite is a number that is none, as gawk prints it.
func infinite(f float64) string {
	text := "+inf"
	if math.IsNaN(f) {
		text = "+nan"
	}
	if math.Signbit(f) {
		text = "-" + text[1:]
	}
	return text
}

// character is what %c prints: the character of a number, the first one of a text.
func (p *interp) character(v value) string {
	n, isText := v.isTrueStr()
	if !isText {
		return string(rune(n))
	}
	s := p.toString(v)
	if s == "" {
		return "\x00"
	}
	_, size := utf8.DecodeRuneInString(s)
	return s[:size]
}

func integer(spec posix.Spec, f float64) string {
	if !isFinite(f) {
		return spec.Text(infinite(f))
	}
	f = math.Trunc(f)
	return spec.Integer(f < 0, strconv.FormatFloat(math.Abs(f), 'f', 0, 64))
}

func unsigned(spec posix.Spec, letter byte, f float64) string {
	switch {
	case !isFinite(f):
		return spec.Text(infinite(f))
	case f < 0 && f >= math.MinInt64:
		return spec.Unsigned(letter, uint64(int64(f)))
	case f < 0 || f >= math.MaxUint64:
		return spec.Float('g', math.Trunc(f))
	}
	return spec.Unsigned(letter, uint64(f))
}

// negative gives a result that is no number the sign that processors give it.
func negative(f float64) float64 {
	if math.IsNaN(f) {
		return math.Copysign(f, -1)
	}
	return f
}
