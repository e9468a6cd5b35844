package commands

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// maxWidth bounds the width and the precision that a format may ask for, in letters.
const maxWidth = 1 << 20

// runPrintf is bash's printf, without -v: the format is used again until the arguments are used up.
// https://www.gnu.org/software/bash/manual/bash.html#index-printf
// The status is 1 where an argument is no number, the format is wrong or the output cannot be
// written, and 2 without a format. Everything is written at once, at the end.
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
	p.out.Meter = inv.Meter
	for {
		before := len(p.args)
		p.format(args[0])
		// a format without a directive would take no argument, for ever
		if p.ended || len(p.args) == 0 || len(p.args) == before {
			break
		}
	}
	if p.err != nil {
		return complain(inv, 1, "%v", p.err)
	}
	if _, err := inv.Stdout.Write(p.out.Bytes()); err != nil {
		return 1
	}
	return p.status
}

// printer is one execution of printf.
type printer struct {
	inv    *procedures.Invocation
	out    output
	args   []string // those that are left
	status int
	ended  bool  // \c was met, or the format is wrong
	err    error // why the step ends
}

// output is what will be printed; it is charged.
type output struct {
	limits.Buffer
	err error
}

// Write, WriteByte, WriteRune and WriteString are those of bytes.Buffer, which charge nothing by themselves.
func (o *output) Write(p []byte) (int, error) {
	if o.err == nil {
		_, o.err = o.Buffer.Write(p)
	}
	return len(p), nil
}
func (o *output) WriteByte(c byte) error               { _, err := o.Write([]byte{c}); return err }
func (o *output) WriteRune(r rune) (int, error)        { return o.Write(utf8.AppendRune(nil, r)) }
func (o *output) WriteString(text string) (int, error) { return o.Write([]byte(text)) }

// fail prints an error as bash's printf and makes the status 1.
func (p *printer) fail(format string, args ...any) {
	p.flush()
	fmt.Fprintf(p.inv.Stderr, "printf: "+format+"\n", args...)
	p.status = 1
}

// flush writes the lines that are whole: they stand before what is complained of behind them.
func (p *printer) flush() {
	whole := bytes.LastIndexByte(p.out.Bytes(), '\n') + 1
	if whole == 0 {
		return
	}
	if _, err := p.inv.Stdout.Write(p.out.Next(whole)); err != nil {
		p.ended = true
	}
}

// next takes the next argument. A missing one is "", which is 0 for numbers.
func (p *printer) next() (text string, given bool) {
	if len(p.args) == 0 {
		return "", false
	}
	text = p.args[0]
	p.args = p.args[1:]
	return text, true
}

// format prints the format once, from its beginning to its end.
func (p *printer) format(format string) {
	for i := 0; i < len(format) && !p.ended; {
		if p.err = p.out.err; p.err == nil {
			p.err = p.inv.Meter.Work(lineWork)
		}
		if p.err != nil {
			p.ended = true
			return
		}
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
// An unknown escape is printed with its backslash. \u and \U are written as UTF-8.
func (p *printer) escape(text string, argument bool) int {
	if len(text) < 2 {
		p.out.WriteByte('\\')
		return 1
	}
	if at := strings.IndexByte(`abefnrtv\"'?`, text[1]); at >= 0 && !(argument && strings.IndexByte(`"'?`, text[1]) >= 0) {
		p.out.WriteByte("\a\b\x1b\f\n\r\t\v\\\"'?"[at])
		return 2
	}
	// GNU's and bash's read as many digits as there may be: \x41B is A and B
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

// isDigitOf knows the bases 8 and 16.
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
// Widths and precisions above maxWidth end the command; C's length modifiers (h, l, j, z, t, L)
// mean nothing here.
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
	// a negative width of * means the flag -
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
// A number that is too large becomes one above maxWidth, which directive refuses.
func (p *printer) number(text string) (value, length int) {
	if strings.HasPrefix(text, "*") {
		arg, _ := p.next()
		v, ok := p.integer(arg)
		if !ok {
			p.fail("%s: invalid number", arg)
		}
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

// convert prints one argument. Widths and precisions of texts count bytes, as those of bash 5.2 do, and %c is one.
// %b interprets escapes, %q quotes for the shell, %(FORMAT)T is a time.
func (p *printer) convert(verb byte, flags string, width, precision int, clock string) {
	pad := func(text string) {
		missing := strings.Repeat(" ", max(0, width-len(text)))
		if strings.Contains(flags, "-") {
			p.out.WriteString(text + missing)
		} else {
			p.out.WriteString(missing + text)
		}
	}
	cut := func(text string) string {
		if precision >= 0 && precision < len(text) {
			return text[:precision]
		}
		return text
	}
	arg, given := p.next()
	// the runes of it, what quotes and escapes make of it, and the padding
	if p.err = p.inv.Meter.Charge(int64(8*len(arg) + 6*width + 6*max(precision, 0))); p.err != nil {
		p.ended = true
		return
	}
	defer p.inv.Meter.Release(int64(8*len(arg) + 6*width + 6*max(precision, 0)))
	switch verb {
	case 's':
		pad(cut(arg))
	case 'b':
		inner := &printer{inv: p.inv}
		inner.out.Meter = p.inv.Meter
		for i := 0; i < len(arg) && !inner.ended; {
			if arg[i] == '\\' {
				i += inner.escape(arg[i:], true)
				continue
			}
			inner.out.WriteByte(arg[i])
			i++
		}
		p.ended = inner.ended
		if p.err = inner.out.err; p.err != nil {
			p.ended = true
			return
		}
		pad(cut(inner.out.String()))
	case 'c':
		if arg == "" {
			arg = "\x00" // which ends a C text, and is printed
		}
		pad(arg[:1])
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

// float prints through Go's own verbs, which are C's for these.
// A whole number that Go's parser does not know, such as 0x1f or 'c, is taken as integer reads it.
func (p *printer) float(verb byte, arg, flags string, width, precision int) {
	v, ok := p.real(arg)
	if !ok {
		p.fail("%s: invalid number", arg)
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
// Times are in UTC. bash's -2, the start of the shell, is now too.
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
