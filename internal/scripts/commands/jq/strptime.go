package jq

import (
	"strings"
	"time"
)

// What the day of the week and of the year are where a text does not say them.
const (
	noWeekday = 8
	noYearDay = 367
)

// timeParser is C's strptime, as glibc has it in the C locale.
type timeParser struct {
	year, month, mday, hour, minute, second, day, yearDay int

	hasYear, hasMonth, hasDay, hasYearDay bool
	afternoon, hasHalf, twelve            bool
	century, hasCentury                   int
}

// maxNested is how deep conversions that stand for others may stand in one another: %c has %T.
const maxNested = 3

var (
	weekdays = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}
	months   = []string{
		"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
	}
	composed = map[byte]string{
		'D': "%m/%d/%y", 'F': "%Y-%m-%d", 'T': "%H:%M:%S", 'R': "%H:%M", 'r': "%I:%M:%S %p", 'c': "%a %b %e %H:%M:%S %Y",
		'x': "%m/%d/%y", 'X': "%H:%M:%S",
	}
)

func isBlank(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func skipBlanks(s string) string {
	for s != "" && isBlank(s[0]) {
		s = s[1:]
	}
	return s
}

// parse reads s by a format, and returns what is left of s.
func (p *timeParser) parse(s, format string, nested int) (rest string, ok bool) {
	for format != "" {
		c := format[0]
		format = format[1:]
		if isBlank(c) {
			s = skipBlanks(s)
			continue
		}
		if c != '%' {
			if s == "" || s[0] != c {
				return "", false
			}
			s = s[1:]
			continue
		}
		for format != "" && strings.IndexByte("-_0^#EO", format[0]) >= 0 {
			format = format[1:]
		}
		if format == "" {
			return "", false
		}
		c = format[0]
		format = format[1:]
		if inner, is := composed[c]; is && nested < maxNested {
			s, ok = p.parse(s, inner, nested+1)
		} else {
			s, ok = p.convert(c, s)
		}
		if !ok {
			return "", false
		}
	}
	if nested == 0 {
		p.complete()
	}
	return s, true
}

// digits reads a number of at most `most` digits between two bounds.
func digits(s string, most, from, to int) (n int, rest string, ok bool) {
	s = strings.TrimLeft(s, " ")
	i := 0
	for i < len(s) && i < most && s[i] >= '0' && s[i] <= '9' && (i == 0 || 10*n <= to) {
		n = 10*n + int(s[i]-'0')
		i++
	}
	return n, s[i:], i > 0 && n >= from && n <= to
}

// named reads one of some names, or its first three letters.
func named(s string, names []string) (n int, rest string, ok bool) {
	for i, name := range names {
		for _, form := range []string{name, name[:3]} {
			if len(s) >= len(form) && strings.EqualFold(s[:len(form)], form) {
				return i, s[len(form):], true
			}
		}
	}
	return 0, s, false
}

func (p *timeParser) convert(c byte, s string) (rest string, ok bool) {
	var n int
	switch c {
	case '%':
		return strings.CutPrefix(s, "%")
	case 'n', 't':
		return skipBlanks(s), true
	case 'a', 'A':
		p.day, s, ok = named(s, weekdays)
	case 'b', 'B', 'h':
		p.month, s, ok = named(s, months)
		p.hasMonth = true
	case 'd', 'e':
		p.mday, s, ok = digits(s, 2, 1, 31)
		p.hasDay = true
	case 'm':
		n, s, ok = digits(s, 2, 1, 12)
		p.month, p.hasMonth = n-1, true
	case 'Y':
		negative := false
		if t, minus := strings.CutPrefix(s, "-"); minus {
			s, negative = t, true
		}
		p.year, s, ok = digits(s, 4, 0, 9999)
		if p.hasYear = true; negative {
			p.year = -p.year
		}
	case 'y':
		n, s, ok = digits(s, 2, 0, 99)
		if p.hasYear = true; n >= 69 {
			p.year = 1900 + n
		} else {
			p.year = 2000 + n
		}
	case 'C':
		p.century, s, ok = digits(s, 2, 0, 99)
		p.hasCentury = 1
	default:
		return p.clock(c, s)
	}
	return s, ok
}

// clock reads the conversions of the time of day, and of zones.
func (p *timeParser) clock(c byte, s string) (rest string, ok bool) {
	var n int
	switch c {
	case 'H', 'k':
		p.hour, s, ok = digits(s, 2, 0, 23)
		p.twelve = false
	case 'I', 'l':
		n, s, ok = digits(s, 2, 1, 12)
		p.hour, p.twelve = n%12, true
	case 'M':
		p.minute, s, ok = digits(s, 2, 0, 59)
	case 'S':
		p.second, s, ok = digits(s, 2, 0, 61)
	case 'j':
		n, s, ok = digits(s, 3, 1, 366)
		p.yearDay, p.hasYearDay = n-1, true
	case 'u':
		n, s, ok = digits(s, 1, 1, 7)
		p.day = n % 7
	case 'w':
		p.day, s, ok = digits(s, 1, 0, 6)
	case 'U', 'W', 'V':
		_, s, ok = digits(s, 2, 0, 53)
	case 'p', 'P':
		if len(s) < 2 || s[1]|0x20 != 'm' || s[0]|0x20 != 'a' && s[0]|0x20 != 'p' {
			return "", false
		}
		p.afternoon, p.hasHalf = s[0]|0x20 == 'p', true
		return s[2:], true
	case 's':
		const most = 12
		n, s, ok = digits(s, most, 0, 1e12-1)
		t := time.Unix(int64(n), 0).UTC()
		p.year, p.month, p.mday = t.Year(), int(t.Month())-1, t.Day()
		p.hour, p.minute, p.second = t.Clock()
		p.hasYear, p.hasMonth, p.hasDay = true, true, true
	case 'z':
		return offset(skipBlanks(s))
	case 'Z':
		s = skipBlanks(s)
		for s != "" && !isBlank(s[0]) {
			s = s[1:]
		}
		return s, true
	}
	return s, ok
}

// offset reads a zone's distance from Greenwich, of which nothing is made.
func offset(s string) (rest string, ok bool) {
	if rest, ok = strings.CutPrefix(s, "Z"); ok {
		return rest, true
	}
	if s == "" || s[0] != '+' && s[0] != '-' {
		return "", false
	}
	s = s[1:]
	n := 0
	for n < 4 && s != "" && (s[0] >= '0' && s[0] <= '9' || s[0] == ':' && n == 2) {
		if s[0] != ':' {
			n++
		}
		s = s[1:]
	}
	return s, n == 2 || n == 4
}

// complete works the days out, where the date is known.
func (p *timeParser) complete() {
	if p.hasHalf && p.twelve && p.afternoon {
		p.hour += 12
	}
	if p.hasCentury == 1 {
		p.year, p.hasYear = 100*p.century+p.year%100, true
	}
	if !p.hasYear {
		p.year = 1900
	}
	if p.hasYear && p.hasYearDay && !(p.hasMonth && p.hasDay) {
		t := time.Date(p.year, 1, 1+p.yearDay, 0, 0, 0, 0, time.UTC)
		p.month, p.mday, p.hasMonth, p.hasDay = int(t.Month())-1, t.Day(), true, true
	}
	if p.mday == 0 {
		return
	}
	t := time.Date(p.year, time.Month(p.month+1), p.mday, 0, 0, 0, 0, time.UTC)
	p.day, p.yearDay = int(t.Weekday()), t.YearDay()-1
}

func (p *timeParser) list() list {
	out := make(list, 0, 9)
	for _, n := range []int{p.year, p.month, p.mday, p.hour, p.minute, p.second, p.day, p.yearDay} {
		out = append(out, box(float64(n)))
	}
	return out
}
