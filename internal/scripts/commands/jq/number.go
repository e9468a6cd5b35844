package jq

import (
	"cmp"
	"math"
	"strconv"
	"strings"
)

// literal is a number as it was written, in the canonical form of General Decimal Arithmetic: 1.10, 1E+2, 10000000000000000000001. It is
// one as long as nothing is computed with it.
type literal struct {
	f    float64
	text string
}

// maxExponent is the largest exponent that jq keeps of a number that was read.
const maxExponent = 999_999_999

// parseNumber reads a number as it stands in JSON or in a filter. ok is false for what is none.
func parseNumber(text string) (v any, ok bool) {
	if n := len(text); n > 0 && n < 16 {
		if v, ok := wholeNumber(text); ok {
			return v, true
		}
	}
	negative, digits, exponent, ok := decimal(text)
	if !ok {
		return specialNumber(text)
	}
	return literalOf(negative, digits, exponent), true
}

// readNumber is parseNumber for a text that is known to be a number.
func readNumber(text string) any {
	v, _ := parseNumber(text)
	return v
}

// wholeNumber reads the most frequent numbers quickly: up to 15 digits, without anything else.
func wholeNumber(text string) (any, bool) {
	digits := text
	if digits[0] == '-' {
		digits = digits[1:]
	}
	if digits == "" || digits[0] == '0' && text != "0" {
		return nil, false
	}
	n := 0
	for i := range len(digits) {
		c := digits[i]
		if c < '0' || c > '9' {
			return nil, false
		}
		n = 10*n + int(c-'0')
	}
	if len(digits) != len(text) {
		n = -n
	}
	return box(float64(n)), true
}

// decimal takes a number apart: its digits without leading zeros, and the power of ten of the last one.
func decimal(text string) (negative bool, digits string, exponent int64, ok bool) {
	if text != "" && (text[0] == '-' || text[0] == '+') {
		negative = text[0] == '-'
		text = text[1:]
	}
	mantissa, power, has := text, "", false
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		mantissa, power, has = text[:i], text[i+1:], true
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits = whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return false, "", 0, false
	}
	if has {
		unsigned := strings.TrimLeft(power, "+-")
		if unsigned == "" || len(power)-len(unsigned) > 1 || strings.Trim(unsigned, "0123456789") != "" {
			return false, "", 0, false
		}
		n, err := strconv.ParseInt(power, 10, 64)
		if err != nil || n > 1<<40 || n < -1<<40 {
			n = 1 << 40
			if power[0] == '-' {
				n = -n
			}
		}
		exponent = n
	}
	exponent -= int64(len(fraction))
	if digits = strings.TrimLeft(digits, "0"); digits == "" {
		digits = "0"
	}
	return negative, digits, exponent, true
}

// specialNumber reads NaN and infinity, which jq takes in JSON too.
func specialNumber(text string) (any, bool) {
	switch strings.ToLower(strings.TrimLeft(text, "+-")) {
	case "nan", "snan":
		return math.NaN(), len(text) <= 5
	case "infinity", "inf":
		if strings.HasPrefix(text, "-") {
			return math.Inf(-1), true
		}
		return math.Inf(1), true
	}
	return nil, false
}

// literalOf is the value of a number that was read: a float64 where that prints as the number was written.
func literalOf(negative bool, digits string, exponent int64) any {
	adjusted := exponent + int64(len(digits)) - 1
	if digits != "0" && adjusted > maxExponent {
		if negative {
			return math.Inf(-1)
		}
		return math.Inf(1)
	}
	text := scientific(negative, digits, exponent)
	f, _ := strconv.ParseFloat(text, 64) // an error says that it is infinite, or 0
	// numbers with so few digits are equal where their float64s are
	if len(digits) <= 15 && formatNumber(f) == text {
		return box(f)
	}
	return &literal{f, text}
}

// scientific is the canonical text of a number: to-scientific-string of General Decimal Arithmetic.
func scientific(negative bool, digits string, exponent int64) string {
	sign := ""
	if negative {
		sign = "-"
	}
	adjusted := exponent + int64(len(digits)) - 1
	switch {
	case exponent == 0:
		return sign + digits
	case exponent < 0 && adjusted >= -6:
		if point := int64(len(digits)) + exponent; point > 0 {
			return sign + digits[:point] + "." + digits[point:]
		}
		return sign + "0." + strings.Repeat("0", int(-exponent)-len(digits)) + digits
	}
	text := sign + digits[:1]
	if len(digits) > 1 {
		text += "." + digits[1:]
	}
	if adjusted >= 0 {
		return text + "E+" + strconv.FormatInt(adjusted, 10)
	}
	return text + "E" + strconv.FormatInt(adjusted, 10)
}

// negate is the number with the other sign; a literal stays one.
func negate(v any) any {
	l, ok := v.(*literal)
	if !ok {
		f, _ := number(v)
		if f == 0 { // there is no negative zero of what was written
			return small[0]
		}
		return box(-f)
	}
	if text, ok := strings.CutPrefix(l.text, "-"); ok {
		return &literal{-l.f, text}
	}
	if strings.Trim(l.text, "0.E+") == "" {
		return v
	}
	return &literal{-l.f, "-" + l.text}
}

// appendNumber appends a computed number as jq prints it: 17 digits at most, 1e-05, 1e+17.
func appendNumber(b []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, "null"...)
	case math.IsInf(f, 1):
		f = math.MaxFloat64
	case math.IsInf(f, -1):
		f = -math.MaxFloat64
	}
	if i := int64(f); float64(i) == f && i > -1e15 && i < 1e15 && (i != 0 || !math.Signbit(f)) {
		return strconv.AppendInt(b, i, 10)
	}
	var room [32]byte
	e := strconv.AppendFloat(room[:0], f, 'e', -1, 64)
	mantissa, power, _ := strings.Cut(string(e), "e")
	digits := len(strings.Trim(mantissa, "-"))
	if digits > 1 {
		digits-- // the point
	}
	point, _ := strconv.Atoi(power)
	point++ // digits before the point
	if point <= -4 || point > digits+15 {
		return append(b, e...)
	}
	return strconv.AppendFloat(b, f, 'f', -1, 64)
}

// formatNumber is appendNumber as a text.
func formatNumber(f float64) string { return string(appendNumber(nil, f)) }

// compareNumbers orders two numbers. Literals are compared digit by digit.
func compareNumbers(a, b any) int {
	la, okA := a.(*literal)
	lb, okB := b.(*literal)
	if okA && okB {
		return compareLiterals(la.text, lb.text)
	}
	fa, _ := number(a)
	fb, _ := number(b)
	return cmp.Compare(fa, fb)
}

// compareLiterals orders two canonical texts.
func compareLiterals(a, b string) int {
	negA, digitsA, expA, _ := decimal(a)
	negB, digitsB, expB, _ := decimal(b)
	zeroA, zeroB := digitsA == "0", digitsB == "0"
	switch {
	case zeroA && zeroB:
		return 0
	case zeroA:
		return sign(!negB, -1)
	case zeroB:
		return sign(!negA, 1)
	case negA != negB:
		return sign(!negA, 1)
	}
	r := cmp.Compare(expA+int64(len(digitsA)), expB+int64(len(digitsB)))
	if r == 0 {
		r = strings.Compare(strings.TrimRight(digitsA, "0"), strings.TrimRight(digitsB, "0"))
	}
	return sign(!negA, r)
}

// sign is n, or its opposite.
func sign(plus bool, n int) int {
	if plus {
		return n
	}
	return -n
}
