package commands

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/procedures"
)

// maxWidth bounds the width and the precision that a format may ask for, in letters.
const maxWidth = 1 << 20

// runPrintf is bash's printf, without -v: the format is used again until the arguments are used up.
// https://www.gnu.org/software/bash/manual/bash.html#index-printf
func runPrintf(_ context.Context, inv *procedures.Invocation) int {
	args := inv.Args[1:]
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		fmt.Fprintln(inv.Stderr, "printf: usage: printf [-v var] format [arguments]")
		return 2
	}
	p := &printer{inv: inv, args: args[1:]}
	for {
		before := len(p.args)
		p.format(args[0])
		if p.ended || len(p.args) == 0 || len(p.args) == before {
			break
		}
	}
	if _, err := inv.Stdout.Write(p.out.Bytes()); err != nil {
		return 1
	}
	return p.status
}

type printer struct {
	inv    *procedures.Invocation
	out    bytes.Buffer
	args   []string // those that are left
	status int
	ended  bool // \c was met, or the format is wrong
}

func (p *printer) fail(format string, args ...any) {
	fmt.Fprintf(p.inv.Stderr, "printf: "+format+"\n", args...)
	p.status = 1
}

func (p *printer) next() (text string, given bool) {
	if len(p.args) == 0 {
		return "", false
	}
	text = p.args[0]
	p.args = p.args[1:]
	return text, true
}

func (p *printer) format(format string) {
	for i := 0; i < len(format) && !p.ended; {
		switch c := format[i]; {
		case c == '\\':
			i += p.escape(format[i:], false)
		case c == '%' && i+1 < len(format) && format[i+1] == '%':
			p.out.WriteByte('%')
			i += 2
		case c == '%':
			i += p.directive(format[i:])
		default:
			p.out.WriteByte(c)
			i++
		}
	}
}

// escape writes what a backslash and what follows it stand for, and returns how many bytes that are. In an argument
// of %b octal numbers begin with 0, and \c ends everything.
func (p *printer) escape(text string, argument bool) int {
	if len(text) < 2 {
		p.out.WriteByte('\\')
		return 1
	}
	if at := strings.IndexByte(`abefnrtv\"'?`, text[1]); at >= 0 && !(argument && strings.IndexByte(`"'?`, text[1]) >= 0) {
		p.out.WriteByte("\a\b\x1b\f\n\r\t\v\\\"'?"[at])
		return 2
	}
	digits := func(from, most, base int) (uint64, int) {
		n := 0
		for n < most && from+n < len(text) && isDigitOf(text[from+n], base) {
			n++
		}
		v, _ := strconv.ParseUint("0"+text[from:from+n], base, 64)
		return v, n
	}
	switch c := text[1]; {
	case c == 'c' && argument:
		p.ended = true
		return 2
	case c == 'x':
		if v, n := digits(2, 2, 16); n > 0 {
			p.out.WriteByte(byte(v))
			return 2 + n
		}
	case c == 'u' || c == 'U':
		if v, n := digits(2, map[byte]int{'u': 4, 'U': 8}[c], 16); n > 0 {
			p.out.WriteRune(rune(v))
			return 2 + n
		}
	case c == '0' && argument:
		v, n := digits(2, 3, 8)
		p.out.WriteByte(byte(v))
		return 2 + n
	case c >= '0' && c <= '7':
		v, n := digits(1, 3, 8)
		p.out.WriteByte(byte(v))
		return 1 + n
	}
	p.out.WriteString(text[:2])
	return 2
}

func isDigitOf(c byte, base int) bool {
	switch {
	case c >= '0' && c <= '7':
		return true
	case base == 16:
		return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
	}
	return false
}

// directive prints what begins with %, and returns how many bytes of the format it is.
func (p *printer) directive(text string) int {
	i := 1
	for i < len(text) && strings.IndexByte("-+ #0'", text[i]) >= 0 {
		i++
	}
	flags := strings.ReplaceAll(text[1:i], "'", "") // the C locale groups no digits
	width, n := p.number(text[i:])
	i += n
	precision := -1
	if i < len(text) && text[i] == '.' {
		if precision, n = p.number(text[i+1:]); n == 0 {
			precision = 0
		}
		i += 1 + n
	}
	if width < 0 {
		flags, width = flags+"-", -width
	}
	if width > maxWidth || precision > maxWidth {
		p.fail("a width or precision of more than %d is not supported", maxWidth)
		p.ended = true
		return len(text)
	}
	clock := ""
	if i < len(text) && text[i] == '(' {
		end := strings.Index(text[i:], ")T")
		if end < 0 {
			p.fail("`%c': invalid format character", text[i])
			p.ended = true
			return len(text)
		}
		clock, i = text[i+1:i+end], i+end+1
	}
	for i < len(text) && strings.IndexByte("hlLjzt", text[i]) >= 0 {
		i++
	}
	if i >= len(text) {
		p.fail("`%s': missing format character", text)
		p.ended = true
		return len(text)
	}
	p.convert(text[i], flags, width, precision, clock)
	return i + 1
}

// number reads a width or a precision: digits, or * for the next argument.
func (p *printer) number(text string) (value, length int) {
	if strings.HasPrefix(text, "*") {
		arg, _ := p.next()
		v, _ := p.integer(arg)
		return int(max(min(v.Int64(), maxWidth+1), -maxWidth-1)), 1
	}
	for length < len(text) && text[length] >= '0' && text[length] <= '9' {
		length++
	}
	value, err := strconv.Atoi("0" + text[:length])
	if err != nil {
		value = maxWidth + 1
	}
	return value, length
}

func (p *printer) convert(verb byte, flags string, width, precision int, clock string) {
	pad := func(text string) {
		missing := strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text)))
		if strings.Contains(flags, "-") {
			p.out.WriteString(text + missing)
		} else {
			p.out.WriteString(missing + text)
		}
	}
	cut := func(text string) string {
		if runes := []rune(text); precision >= 0 && precision < len(runes) {
			return string(runes[:precision])
		}
		return text
	}
	arg, given := p.next()
	switch verb {
	case 's':
		pad(cut(arg))
	case 'b':
		inner := &printer{inv: p.inv}
		for i := 0; i < len(arg) && !inner.ended; {
			if arg[i] == '\\' {
				i += inner.escape(arg[i:], true)
				continue
			}
			inner.out.WriteByte(arg[i])
			i++
		}
		p.ended = inner.ended
		pad(cut(inner.out.String()))
	case 'c':
		_, size := utf8.DecodeRuneInString(arg)
		pad(arg[:size])
	case 'q':
		pad(quoted(arg))
	case 'T':
		pad(p.moment(clock, arg, given))
	case 'd', 'i', 'u', 'o', 'x', 'X':
		v, ok := p.integer(arg)
		if !ok {
			p.fail("%s: invalid number", arg)
		}
		pad(wholeNumber(v, verb, flags, width, precision))
	case 'e', 'E', 'f', 'F', 'g', 'G', 'a', 'A':
		p.float(verb, arg, flags, width, precision)
	default:
		p.fail("`%c': invalid format character", verb)
		p.ended = true
	}
}

// integer reads a number as C does: 0x1f, 017, 'c for the code of a letter.
func (p *printer) integer(text string) (*big.Int, bool) {
	text = strings.TrimLeft(text, " \t\n")
	if text == "" {
		return new(big.Int), true
	}
	if text[0] == '\'' || text[0] == '"' {
		r, _ := utf8.DecodeRuneInString(text[1:])
		return big.NewInt(int64(r)), true
	}
	end := len(text)
	for ; end > 0; end-- { // the longest beginning that is a number
		if v, ok := new(big.Int).SetString(strings.TrimPrefix(octal(text[:end]), "+"), 0); ok && !strings.Contains(text[:end], "_") {
			return v, end == len(text)
		}
	}
	return new(big.Int), false
}

// octal writes C's 017 as Go knows it.
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

// float prints through Go's own verbs, which are C's for these.
func (p *printer) float(verb byte, arg, flags string, width, precision int) {
	text := strings.TrimSpace(arg)
	v, err := strconv.ParseFloat(text, 64)
	if text == "" {
		v, err = 0, nil
	}
	if err != nil && !math.IsInf(v, 0) {
		if whole, ok := p.integer(arg); ok {
			f, _ := new(big.Float).SetInt(whole).Float64()
			v = f
		} else {
			p.fail("%s: invalid number", arg)
		}
	}
	if math.IsInf(v, 0) || math.IsNaN(v) { // C prints them in lower case, and pads them with blanks only
		word := strings.TrimPrefix(strings.ToLower(strconv.FormatFloat(v, 'f', -1, 64)), "+")
		if strings.Contains(flags, "+") && word[0] != '-' {
			word = "+" + word
		}
		if strings.Contains(flags, "-") {
			width = -width
		}
		fmt.Fprintf(&p.out, "%*s", width, word)
		return
	}
	format := "%" + flags
	if width > 0 {
		format += strconv.Itoa(width)
	}
	if precision < 0 && strings.IndexByte("eEfFgG", verb) >= 0 {
		precision = 6
	}
	if precision >= 0 {
		format += "." + strconv.Itoa(precision)
	}
	switch verb {
	case 'a':
		verb = 'x'
	case 'A':
		verb = 'X'
	case 'F':
		verb = 'f'
	}
	fmt.Fprintf(&p.out, format+string(verb), v)
}

// moment is %(FORMAT)T: seconds since 1970, -1 or nothing for now.
func (p *printer) moment(format, arg string, given bool) string {
	at := p.inv.Now().UTC()
	if given && arg != "-1" && arg != "-2" {
		seconds, ok := p.integer(arg)
		if !ok {
			p.fail("%s: invalid number", arg)
		}
		at = time.Unix(seconds.Int64(), 0).UTC()
	}
	if format == "" {
		format = "%X"
	}
	return formatDate(format, at)
}
