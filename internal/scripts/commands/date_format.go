package commands

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// formatDate is GNU date's +FORMAT in the C locale: strftime's conversions with the
// flags - _ 0 + ^ #, a width, and the modifiers E and O, which the C locale ignores.
// https://www.gnu.org/software/coreutils/manual/html_node/date-invocation.html
func formatDate(format string, t time.Time) string {
	var out strings.Builder
	for i := 0; i < len(format); {
		if format[i] != '%' {
			out.WriteByte(format[i])
			i++
			continue
		}
		text, used := convert(format[i:], t)
		out.WriteString(text)
		i += used
	}
	return out.String()
}

// conversion is one %… of a format.
// https://www.gnu.org/software/coreutils/manual/html_node/Padding-and-other-flags.html
type conversion struct {
	pad        byte // '-', '_', '0', '+', or 0 for the conversion's own
	upper      bool // the flag ^
	swap       bool // the flag #, the opposite case where there is one
	width      int  // -1 where none is given
	colons     int  // of %:z, %::z and %:::z
	conversion byte
}

// convert formats the conversion that s begins with; what is none is kept as it is.
// used is how many bytes of s it takes.
func convert(s string, t time.Time) (text string, used int) {
	c := conversion{width: -1}
	i := 1
flags:
	for ; i < len(s); i++ {
		switch s[i] {
		case '-', '_', '0', '+':
			c.pad = s[i]
		case '^':
			c.upper = true
		case '#':
			c.swap = true
		default:
			break flags
		}
	}
	start := i
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	if i > start {
		c.width, _ = strconv.Atoi(s[start:i])
		c.width = min(c.width, 1024) // a bound, so that a format cannot fill the memory
	}
	for i < len(s) && s[i] == ':' {
		c.colons++
		i++
	}
	if i+1 < len(s) && (s[i] == 'E' && strings.IndexByte("aAbBdDeFgGhHIjklmMNSUVwW%", s[i+1]) < 0 || s[i] == 'O' &&
		strings.IndexByte("aAcDFqxXY%", s[i+1]) < 0) {
		i++ // a modifier that the C locale has no use for
	}
	if i >= len(s) {
		return s, len(s)
	}
	c.conversion = s[i]
	text, ok := c.format(t)
	if !ok {
		if (s[i] == 'E' || s[i] == 'O') && i+1 < len(s) {
			i++ // a modifier that goes with no such conversion: both are kept
		}
		return s[:i+1], i + 1
	}
	return text, i + 1
}

// format returns false for a letter that is no conversion.
func (c conversion) format(t time.Time) (string, bool) {
	if c.colons > 0 && c.conversion != 'z' {
		return "", false
	}
	if text, ok := c.name(t); ok {
		return c.padText(text), true
	}
	if n, digits, pad, ok := numberOf(c.conversion, t); ok {
		return c.padNumber(n, digits, pad), true
	}
	switch c.conversion {
	case 'N':
		return c.nanoseconds(t), true
	case 'z':
		return c.zone(t), true
	case 's':
		return c.padNumber(t.Unix(), 1, '0'), true
	case 'F':
		return c.isoDate(t), true
	}
	if f, ok := composite[c.conversion]; ok {
		text := formatDate(f, t)
		if c.upper {
			text = strings.ToUpper(text)
		}
		return c.padText(text), true
	}
	return "", false
}

// isoDate formats %F, whose year takes what the width gives.
func (c conversion) isoDate(t time.Time) string {
	year := conversion{conversion: 'Y', pad: c.pad, width: max(0, c.width-len("-01-02"))}
	return year.padNumber(int64(t.Year()), 4, '0') + t.Format("-01-02")
}

// composite are the conversions that stand for a whole format, in the C locale.
var composite = map[byte]string{
	'c': "%a %b %e %H:%M:%S %Y", 'D': "%m/%d/%y", 'r': "%I:%M:%S %p", 'R': "%H:%M", 'T': "%H:%M:%S", 'x': "%m/%d/%y", 'X': "%H:%M:%S",
}

// name formats what is text.
// ^ makes everything but %P capitals, # only the names of days and months; %#p and %#Z are small.
func (c conversion) name(t time.Time) (string, bool) {
	var text string
	switch c.conversion {
	case '%':
		text = "%"
	case 'n':
		text = "\n"
	case 't':
		text = "\t"
	case 'a':
		text = t.Format("Mon")
	case 'A':
		text = t.Weekday().String()
	case 'b', 'h':
		text = t.Format("Jan")
	case 'B':
		text = t.Month().String()
	case 'p':
		text = t.Format("PM")
		if c.swap {
			text = strings.ToLower(text)
		}
	case 'P':
		text = t.Format("pm")
	case 'Z':
		text, _ = t.Zone()
		if c.swap {
			text = strings.ToLower(text)
		}
	default:
		return "", false
	}
	if c.upper && c.conversion != 'P' || c.swap && strings.IndexByte("aAbBh", c.conversion) >= 0 {
		text = strings.ToUpper(text)
	}
	return text, true
}

// numberOf returns what is a number, with its usual digits and padding.
// %U counts weeks that begin on Sunday, %W on Monday; %V, %G and %g are those of ISO 8601.
func numberOf(conversion byte, t time.Time) (n int64, digits int, pad byte, ok bool) {
	// The days around New Year may belong to a week of the other year (ISO 8601).
	isoYear, isoWeek := t.ISOWeek()
	// 0:30 is 12:30 AM
	hour12 := (t.Hour()+11)%12 + 1
	yday, wday := t.YearDay()-1, int(t.Weekday())
	table := map[byte]struct {
		n, digits int
		pad       byte
	}{
		'C': {floorDiv(t.Year(), 100), 2, '0'}, 'd': {t.Day(), 2, '0'}, 'e': {t.Day(), 2, ' '}, 'g': {floorMod(isoYear, 100), 2, '0'},
		'G': {isoYear, 4, '0'}, 'H': {t.Hour(), 2, '0'}, 'I': {hour12, 2, '0'}, 'j': {t.YearDay(), 3, '0'}, 'k': {t.Hour(), 2, ' '},
		'l': {hour12, 2, ' '}, 'm': {int(t.Month()), 2, '0'}, 'M': {t.Minute(), 2, '0'}, 'q': {(int(t.Month()) + 2) / 3, 1, '0'},
		'S': {t.Second(), 2, '0'}, 'u': {(wday+6)%7 + 1, 1, '0'}, 'U': {(yday + 7 - wday) / 7, 2, '0'}, 'V': {isoWeek, 2, '0'},
		'w': {wday, 1, '0'}, 'W': {(yday + 7 - (wday+6)%7) / 7, 2, '0'}, 'y': {floorMod(t.Year(), 100), 2, '0'}, 'Y': {t.Year(), 4, '0'},
	}
	v, ok := table[conversion]
	return int64(v.n), v.digits, v.pad, ok
}

// floorDiv and floorMod round towards minus infinity, for years before 1.
func floorDiv(a, b int) int { return (a - floorMod(a, b)) / b }
func floorMod(a, b int) int { return ((a % b) + b) % b }

// padText pads a text to the width, with spaces unless zeros were asked for.
func (c conversion) padText(text string) string {
	missing := c.width - len(text)
	if missing <= 0 || c.pad == '-' {
		return text
	}
	fill := " "
	if c.pad == '0' || c.pad == '+' {
		fill = "0"
	}
	return strings.Repeat(fill, missing) + text
}

// padNumber pads to the conversion's digits or the width, whichever is more; the flag - pads with
// nothing. The flag + puts a sign before a year that is wider than four digits.
func (c conversion) padNumber(n int64, digits int, pad byte) string {
	switch c.pad {
	case '-':
		return strconv.FormatInt(n, 10)
	case '_':
		pad = ' '
	case '0', '+':
		pad = '0'
	}
	width := max(digits, c.width)
	if pad == ' ' {
		return fmt.Sprintf("%*d", width, n)
	}
	text := fmt.Sprintf("%0*d", width, n)
	if c.pad == '+' && c.conversion == 'Y' && c.width > 4 && n >= 0 {
		text = "+" + text[1:]
	}
	return text
}

// nanoseconds formats %N, %3N: the first digits of the nine.
// A width above nine is filled with zeros on the right. The flag _ makes blanks of the zeros at
// the end, and - with a width drops them.
func (c conversion) nanoseconds(t time.Time) string {
	text := fmt.Sprintf("%09d", t.Nanosecond())
	width := 9
	if c.width > 0 {
		width = c.width
		text = text[:min(width, 9)]
	}
	switch {
	case c.pad == '_', c.pad == '-' && c.width > 0:
		text = text[:1] + strings.TrimRight(text[1:], "0")
		if c.pad == '_' {
			text = fmt.Sprintf("%-*s", width, text)
		}
	case c.pad != '-':
		text += strings.Repeat("0", max(0, width-9))
	}
	return text
}

// zone formats %z, %:z, %::z and %:::z.
// %z is +hhmm, %:z +hh:mm, %::z +hh:mm:ss, and %:::z only as precise as it has to be.
func (c conversion) zone(t time.Time) string {
	_, offset := t.Zone()
	sign := "+"
	if offset < 0 {
		sign, offset = "-", -offset
	}
	// zones before 1900 have seconds: local mean time
	h, m, s := offset/3600, offset/60%60, offset%60
	n, digits, tail := h, 2, "" // the number that is padded, and what follows it
	switch {
	case c.colons == 0:
		n, digits = h*100+m, 4
	case c.colons == 1:
		tail = fmt.Sprintf(":%02d", m)
	case c.colons == 2 || s != 0:
		tail = fmt.Sprintf(":%02d:%02d", m, s)
	case m != 0:
		tail = fmt.Sprintf(":%02d", m)
	}
	if c.width >= 0 {
		digits = max(0, c.width-1-len(tail))
	}
	switch c.pad {
	case '-':
		return fmt.Sprintf("%s%d%s", sign, n, tail)
	case '_':
		return fmt.Sprintf("%*s%s", digits+1, sign+strconv.Itoa(n), tail)
	}
	return fmt.Sprintf("%s%0*d%s", sign, digits, n, tail)
}
