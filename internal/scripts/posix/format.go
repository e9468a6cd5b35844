package posix

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Spec is what stands between the percent sign and the letter of a conversion of C's printf.
type Spec struct {
	Minus, Plus, Space, Alt, Zero bool
	Width, Prec                   int // Prec is -1 where there is none
}

// ParseSpec reads a conversion that begins behind the percent sign: n is how many bytes it takes, its letter included; 0 where the text
// ends before the letter. star is asked for the value of each asterisk.
func ParseSpec(s string, star func() int) (spec Spec, letter byte, n int) {
	spec.Prec = -1
	i := 0
	for i < len(s) && strings.IndexByte("-+ #0'", s[i]) >= 0 {
		switch s[i] {
		case '-':
			spec.Minus = true
		case '+':
			spec.Plus = true
		case ' ':
			spec.Space = true
		case '#':
			spec.Alt = true
		case '0':
			spec.Zero = true
		}
		i++
	}
	count := func() int {
		if i < len(s) && s[i] == '*' {
			i++
			return star()
		}
		from := i
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		n, err := strconv.Atoi(s[from:i])
		if err != nil && i > from {
			return math.MaxInt32
		}
		return min(n, math.MaxInt32)
	}
	if spec.Width = count(); spec.Width < 0 {
		spec.Minus, spec.Width = true, -spec.Width
	}
	if i < len(s) && s[i] == '.' {
		i++
		spec.Prec = max(count(), -1)
	}
	for i < len(s) && strings.IndexByte("hlLqjzt", s[i]) >= 0 {
		i++
	}
	if i >= len(s) {
		return spec, 0, 0
	}
	return spec, s[i], i + 1
}

// pad fills a text up to the width; numbers with zeros behind their sign.
func (s Spec) pad(sign, text string, zeros bool) string {
	missing := s.Width - utf8.RuneCountInString(sign) - utf8.RuneCountInString(text)
	switch {
	case missing <= 0:
		return sign + text
	case s.Minus:
		return sign + text + strings.Repeat(" ", missing)
	case zeros && s.Zero:
		return sign + strings.Repeat("0", missing) + text
	}
	return strings.Repeat(" ", missing) + sign + text
}

// Text is %s.
func (s Spec) Text(text string) string {
	if s.Prec >= 0 && s.Prec < len(text) {
		n := 0
		for i := range text {
			if n == s.Prec {
				text = text[:i]
				break
			}
			n++
		}
	}
	return s.pad("", text, false)
}

func (s Spec) sign(negative bool) string {
	switch {
	case negative:
		return "-"
	case s.Plus:
		return "+"
	case s.Space:
		return " "
	}
	return ""
}

// Integer is %d with the digits of a number.
func (s Spec) Integer(negative bool, digits string) string {
	if s.Prec >= 0 {
		if s.Prec == 0 && digits == "0" {
			digits = ""
		}
		if len(digits) < s.Prec {
			digits = strings.Repeat("0", s.Prec-len(digits)) + digits
		}
	}
	return s.pad(s.sign(negative), digits, s.Prec < 0)
}

// Unsigned is %o, %x, %X and %u.
func (s Spec) Unsigned(letter byte, n uint64) string {
	base := map[byte]int{'o': 8, 'x': 16, 'X': 16, 'u': 10}[letter]
	digits, prefix := strconv.FormatUint(n, base), ""
	if s.Alt && n != 0 {
		switch letter {
		case 'o':
			digits = "0" + digits
		case 'x', 'X':
			prefix = "0x"
		}
	}
	s.Plus, s.Space = false, false
	if s.Prec >= 0 {
		if s.Prec == 0 && n == 0 {
			digits = ""
		}
		if len(digits) < s.Prec {
			digits = strings.Repeat("0", s.Prec-len(digits)) + digits
		}
	}
	out := s.pad(prefix, digits, s.Prec < 0)
	if letter == 'X' {
		out = strings.ToUpper(out)
	}
	return out
}

// Float is %e, %f, %g and %a, and these in upper case.
func (s Spec) Float(letter byte, f float64) string {
	lower := letter | 0x20
	var text string
	switch {
	case math.IsNaN(f), math.IsInf(f, 0):
		text = "inf"
		if math.IsNaN(f) {
			text = "nan"
		}
		text = s.pad(s.sign(math.Signbit(f)), text, false)
	default:
		text = s.pad(s.sign(math.Signbit(f)), s.digits(lower, math.Abs(f)), true)
	}
	if lower != letter {
		text = strings.ToUpper(text)
	}
	return text
}

func (s Spec) digits(letter byte, f float64) string {
	prec := s.Prec
	if prec < 0 {
		prec = 6
	}
	switch letter {
	case 'f':
		return s.point(fixed(f, prec), prec)
	case 'e':
		return s.point(strconv.FormatFloat(f, 'e', prec, 64), prec)
	case 'a':
		return hexFloat(f, s.Prec)
	}
	if prec == 0 {
		prec = 1
	}
	e := strconv.FormatFloat(f, 'e', prec-1, 64)
	exponent, _ := strconv.Atoi(e[strings.IndexByte(e, 'e')+1:])
	if exponent < -4 || exponent >= prec {
		mantissa, tail, _ := strings.Cut(e, "e")
		if !s.Alt {
			mantissa = trimZeros(mantissa)
		}
		return mantissa + "e" + tail
	}
	out := fixed(f, prec-1-exponent)
	if !s.Alt {
		out = trimZeros(out)
	}
	return out
}

// fixed is a number with prec digits behind the point; all of them are exact.
func fixed(f float64, prec int) string {
	if prec > 400 && f != 0 {
		return new(big.Float).SetFloat64(f).Text('f', prec)
	}
	return strconv.FormatFloat(f, 'f', prec, 64)
}

func (s Spec) point(text string, prec int) string {
	if s.Alt && prec == 0 {
		mantissa, tail, ok := strings.Cut(text, "e")
		if ok {
			return mantissa + ".e" + tail
		}
		return text + "."
	}
	return text
}

func trimZeros(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// hexFloat is %a: 0x1.8p+1.
func hexFloat(f float64, prec int) string {
	text := strconv.FormatFloat(f, 'x', prec, 64)
	mantissa, exponent, _ := strings.Cut(text, "p")
	sign, digits := exponent[:1], strings.TrimLeft(exponent[1:], "0")
	if digits == "" {
		digits = "0"
	}
	return mantissa + "p" + sign + digits
}

// FormatFloat is a number by a format with one conversion, such as awk's OFMT.
func FormatFloat(format string, f float64) string {
	if format == "%.6g" {
		return Spec{Prec: 6}.Float('g', f)
	}
	before, rest, ok := strings.Cut(format, "%")
	if !ok {
		return format
	}
	spec, letter, n := ParseSpec(rest, func() int { return 0 })
	if n == 0 {
		return format
	}
	spec.Width, spec.Prec = min(spec.Width, 1<<16), min(spec.Prec, 1<<16)
	switch letter {
	case 'd', 'i':
		return before + spec.Integer(f < 0, fixed(math.Trunc(math.Abs(f)), 0)) + rest[n:]
	case 'e', 'E', 'f', 'F', 'g', 'G', 'a', 'A':
		return before + spec.Float(letter, f) + rest[n:]
	}
	return format
}
