// Package bc computes what a program of bc says: decimal numbers of any length, each with as many places as its rules give it. It follows
// GNU's bc 1.07.
package bc

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// number is digits / 10^scale.
type number struct {
	digits *big.Int
	scale  int
}

// mostDigits is how long a number may be.
const mostDigits = 20_000

// ErrTooLong is of a number that is longer than is computed here.
var ErrTooLong = errors.New("a number of more than 20,000 digits")

// errNegativeZero is of a power that GNU's writes as -0.
var errNegativeZero = errors.New("a negative power of which nothing is left")

var ten = big.NewInt(10)

func power10(n int) *big.Int { return new(big.Int).Exp(ten, big.NewInt(int64(n)), nil) }

func whole(n int64) number { return number{big.NewInt(n), 0} }

func truth(b bool) number {
	if b {
		return whole(1)
	}
	return whole(0)
}

// at is a number with another scale; places are cut off.
func (n number) at(scale int) number {
	switch {
	case scale > n.scale:
		return number{new(big.Int).Mul(n.digits, power10(scale-n.scale)), scale}
	case scale < n.scale:
		return number{new(big.Int).Quo(n.digits, power10(n.scale-scale)), scale}
	}
	return n
}

// long reports whether a number is too long to go on with.
func (n number) long() bool { return n.digits.BitLen() > mostDigits*10/3 || n.scale > mostDigits }

func (n number) isZero() bool { return n.digits.Sign() == 0 }

func (n number) compare(m number) int {
	scale := max(n.scale, m.scale)
	return n.at(scale).digits.Cmp(m.at(scale).digits)
}

func add(a, b number, sign int64) number {
	scale := max(a.scale, b.scale)
	y := new(big.Int).Mul(b.at(scale).digits, big.NewInt(sign))
	return number{y.Add(y, a.at(scale).digits), scale}
}

func multiply(a, b number, scale int) number {
	full := number{new(big.Int).Mul(a.digits, b.digits), a.scale + b.scale}
	return full.at(min(full.scale, max(scale, a.scale, b.scale)))
}

// divide has scale places. b is not zero.
func divide(a, b number, scale int) number {
	x := new(big.Int).Mul(a.digits, power10(scale+b.scale))
	y := new(big.Int).Mul(b.digits, power10(a.scale))
	return number{x.Quo(x, y), scale}
}

// modulo is what is left of a when it is divided with scale places.
func modulo(a, b number, scale int) number {
	rest := max(a.scale, b.scale+scale)
	return add(a, multiply(divide(a, b, scale), b, rest), -1).at(rest)
}

// raise is a to the power of n, a whole number.
func raise(a number, n int64, scale int) (number, error) {
	size := n
	if n < 0 {
		size = -n
	}
	if int64(a.digits.BitLen())*size > mostDigits*10/3 && a.digits.CmpAbs(big.NewInt(1)) > 0 || int64(a.scale)*size > 10*mostDigits {
		return number{}, ErrTooLong
	}
	full := number{new(big.Int).Exp(a.digits, big.NewInt(size), nil), a.scale * int(size)}
	switch {
	case n >= 0:
		out := full.at(min(full.scale, max(scale, a.scale)))
		if out.isZero() && full.digits.Sign() < 0 {
			return out, errNegativeZero
		}
		return out, nil
	case full.isZero():
		return number{}, errDivide
	}
	return divide(whole(1), full, scale), nil
}

// root is the square root. a is not negative.
func root(a number, scale int) number {
	scale = max(scale, a.scale)
	if a.isZero() {
		return whole(0)
	}
	if a.compare(whole(1)) == 0 {
		return whole(1)
	}
	n := a.at(2 * scale)
	return number{new(big.Int).Sqrt(n.digits), scale}
}

// length is how many digits are significant.
func (n number) length() int {
	text := new(big.Int).Abs(n.digits).String()
	if n.digits.Sign() == 0 {
		return max(1, n.scale)
	}
	return max(len(text), n.scale)
}

// parse reads the digits of a constant in a base; letters stand for digits from 10 on.
func parse(text string, base int64) number {
	before, behind, _ := strings.Cut(text, ".")
	if base == 10 && strings.Trim(before+behind, "0123456789") == "" {
		digits, _ := new(big.Int).SetString("0"+before+behind, 10)
		return number{digits, len(behind)}
	}
	single := len(before)+len(behind) == 1
	value := func(c byte) int64 {
		d := int64(c - '0')
		if c >= 'A' {
			d = int64(c-'A') + 10
		}
		if d >= base && !single { // a digit of another base is the largest one
			d = base - 1
		}
		return d
	}
	out := big.NewInt(0)
	for _, c := range []byte(before) {
		out.Mul(out, big.NewInt(base))
		out.Add(out, big.NewInt(value(c)))
	}
	if behind == "" {
		return number{out, 0}
	}
	part, size := big.NewInt(0), big.NewInt(1)
	for _, c := range []byte(behind) {
		part.Mul(part, big.NewInt(base))
		part.Add(part, big.NewInt(value(c)))
		size.Mul(size, big.NewInt(base))
	}
	return add(number{out, 0}, divide(number{part, 0}, number{size, 0}, len(behind)), 1)
}

// format writes a number in a base, as bc prints it.
func (n number) format(base int64) string {
	sign := ""
	if n.digits.Sign() < 0 {
		sign = "-"
	}
	if n.digits.Sign() == 0 {
		return "0"
	}
	abs := new(big.Int).Abs(n.digits)
	size := power10(n.scale)
	before, part := new(big.Int).QuoRem(abs, size, new(big.Int))
	if base == 10 {
		out := sign
		if before.Sign() > 0 {
			out += before.String()
		}
		if n.scale > 0 {
			out += fmt.Sprintf(".%0*s", n.scale, part.String())
		}
		return out
	}
	var b strings.Builder
	b.WriteString(sign)
	if before.Sign() > 0 {
		writeWhole(&b, before, base)
	}
	if n.scale == 0 {
		return b.String()
	}
	b.WriteByte('.')
	width := digitWidth(base)
	for t, first := big.NewInt(1), true; len(t.String()) <= n.scale; t.Mul(t, big.NewInt(base)) {
		part.Mul(part, big.NewInt(base))
		digit, rest := new(big.Int).QuoRem(part, size, new(big.Int))
		part = rest
		writeDigit(&b, digit.Int64(), base, width, !first)
		first = false
	}
	return b.String()
}

// digitWidth is how wide the digits of a base are that are written as numbers.
func digitWidth(base int64) int { return len(fmt.Sprint(base - 1)) }

func writeWhole(b *strings.Builder, n *big.Int, base int64) {
	var digits []int64
	for rest, digit := new(big.Int).Set(n), new(big.Int); rest.Sign() > 0; {
		rest.QuoRem(rest, big.NewInt(base), digit)
		digits = append(digits, digit.Int64())
	}
	for i := len(digits) - 1; i >= 0; i-- {
		writeDigit(b, digits[i], base, digitWidth(base), true)
	}
}

func writeDigit(b *strings.Builder, digit, base int64, width int, space bool) {
	if base <= 16 {
		b.WriteByte("0123456789ABCDEF"[digit])
		return
	}
	if space {
		b.WriteByte(' ')
	}
	fmt.Fprintf(b, "%0*d", width, digit)
}
