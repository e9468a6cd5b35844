package commands

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxNumber bounds the number that a text begins with, in characters.
const maxNumber = 1000

// integer reads a number as C does: 0x1f, 017, 'c for the code of a letter.
// It returns the number that the text begins with, and whether the text is nothing else: "12x" is
// 12 with an error, as in bash.
func (p *printer) integer(text string) (*big.Int, bool) {
	given := text
	text = strings.TrimLeft(text, " \t\n")
	if text == "" || text != given && strings.IndexByte(`'"`, text[0]) >= 0 {
		return new(big.Int), given == "" // blanks alone are no number, and a quote stands at the beginning
	}
	if len(text) == 1 && (text[0] == '\'' || text[0] == '"') {
		return new(big.Int), true
	}
	if text[0] == '\'' || text[0] == '"' {
		r, _ := utf8.DecodeRuneInString(text[1:])
		return big.NewInt(int64(r)), true
	}
	end := min(len(text), maxNumber)
	for ; end > 0; end-- { // the longest beginning that is a number
		if v, ok := new(big.Int).SetString(strings.TrimPrefix(octal(text[:end]), "+"), 0); ok && !strings.Contains(text[:end], "_") {
			return v, end == len(text)
		}
	}
	return new(big.Int), false
}

// octal writes C's 017 as Go knows it.
// Go's 0b and 0o, which C does not know, are made invalid.
func octal(text string) string {
	digits := strings.TrimLeft(text, "+-")
	if len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '7' {
		return text[:len(text)-len(digits)] + "0o" + digits[1:]
	}
	if len(digits) > 1 && digits[0] == '0' && strings.IndexByte("bBoO", digits[1]) >= 0 {
		return "-"
	}
	return text
}

// wholeNumber formats as C's %d, %u, %o and %x: the precision is the least number of digits, and
// the flag 0 counts only without one.
func wholeNumber(v *big.Int, verb byte, flags string, width, precision int) string {
	if v.Sign() < 0 && verb != 'd' && verb != 'i' { // as an unsigned number of 64 bits
		v = new(big.Int).Add(v, new(big.Int).Lsh(big.NewInt(1), 64))
	}
	base := map[byte]int{'o': 8, 'x': 16, 'X': 16}[verb]
	if base == 0 {
		base = 10
	}
	digits := new(big.Int).Abs(v).Text(base)
	if verb == 'X' {
		digits = strings.ToUpper(digits)
	}
	sign := ""
	switch {
	case v.Sign() < 0:
		sign = "-"
	case base == 10 && verb != 'u' && strings.Contains(flags, "+"):
		sign = "+"
	case base == 10 && verb != 'u' && strings.Contains(flags, " "):
		sign = " "
	case strings.Contains(flags, "#") && base == 16 && v.Sign() != 0:
		sign = "0" + string(verb)
	case strings.Contains(flags, "#") && base == 8 && v.Sign() != 0:
		sign = "0"
	}
	digits = strings.Repeat("0", max(0, precision-len(digits))) + digits
	if strings.Contains(flags, "0") && !strings.Contains(flags, "-") && precision < 0 {
		digits = strings.Repeat("0", max(0, width-len(sign)-len(digits))) + digits
	}
	return sign + digits
}

// real reads a number as C's strtod does, or a letter behind a quote: the longest beginning that is one counts, and ok says whether that is
// all of the text. Blanks at the end are not, but for one that bash leaves alone.
func (p *printer) real(text string) (v float64, ok bool) {
	if text == "" {
		return 0, true
	}
	if text[0] == '\'' || text[0] == '"' {
		whole, ok := p.integer(text)
		v, _ := new(big.Float).SetInt(whole).Float64()
		return v, ok
	}
	if text = strings.TrimLeft(text, " \t\n"); text != "" && strings.IndexByte(`'"`, text[0]) >= 0 {
		return 0, false
	}
	for end := min(len(text), maxNumber); end > 0; end-- {
		if strings.ContainsAny(text[:end], "_ \t\n") {
			continue
		}
		if v, err := strconv.ParseFloat(text[:end], 64); err == nil || math.IsInf(v, 0) {
			return v, strings.TrimRight(text[end:], " \t\n") == ""
		}
		if whole, all := p.integer(text[:end]); all { // 0x1f
			v, _ := new(big.Float).SetInt(whole).Float64()
			return v, strings.TrimRight(text[end:], " \t\n") == ""
		}
	}
	return 0, false
}
