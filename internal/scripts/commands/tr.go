package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// trOptions has -C, which is -c where characters are bytes.
var trOptions = []option{
	{'c', "complement", noArgument}, {'C', "", noArgument}, {'d', "delete", noArgument},
	{'s', "squeeze-repeats", noArgument}, {'t', "truncate-set1", noArgument},
}

// trClasses are the classes of the C locale; no byte above 0x7f is in any.
var trClasses = map[string]func(byte) bool{
	"alpha": isLetter, "digit": isDigit, "space": isSpace,
	"alnum": func(c byte) bool { return isLetter(c) || isDigit(c) },
	"upper": func(c byte) bool { return c >= 'A' && c <= 'Z' },
	"lower": func(c byte) bool { return c >= 'a' && c <= 'z' },
	"blank": func(c byte) bool { return c == ' ' || c == '\t' },
	"cntrl": func(c byte) bool { return c < ' ' || c == 0x7f },
	"graph": func(c byte) bool { return c > ' ' && c < 0x7f },
	"print": func(c byte) bool { return c >= ' ' && c < 0x7f },
	"punct": func(c byte) bool { return c > ' ' && c < 0x7f && !isLetter(c) && !isDigit(c) },
	"xdigit": func(c byte) bool {
		return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f'
	},
}

// trEscapes are the letters behind a backslash. \NNN is octal: see trByte.
var trEscapes = map[byte]byte{'a': 7, 'b': 8, 'f': 12, 'n': '\n', 'r': '\r', 't': '\t', 'v': 11, '\\': '\\'}

// maxSet bounds what a set is expanded to, in bytes.
const maxSet = 1 << 20

// trSet expands a set of tr, byte by byte as GNU's does.
// It knows [:class:], ranges a-z, [c*n], [c*] and escapes. length is how many bytes the first set
// has, to which [c*] of the second fills up.
func trSet(text string, length int) ([]byte, error) {
	var out []byte
	for i := 0; i < len(text); {
		if len(out) > maxSet {
			return nil, errors.New("a set of more than a million characters is not supported")
		}
		if strings.HasPrefix(text[i:], "[:") {
			if end := strings.Index(text[i:], ":]"); end > 0 {
				class, ok := trClasses[text[i+2:i+end]]
				if !ok {
					return nil, fmt.Errorf("invalid character class ‘%s’", text[i+2:i+end])
				}
				for c := range 256 {
					if class(byte(c)) {
						out = append(out, byte(c))
					}
				}
				i += end + 2
				continue
			}
		}
		if repeated, used := trRepeat(text[i:], length-len(out)); used > 0 {
			out = append(out, repeated...)
			i += used
			continue
		}
		from, used := trByte(text[i:])
		i += used
		if i+1 < len(text) && text[i] == '-' {
			to, used := trByte(text[i+1:])
			if to < from {
				return nil, fmt.Errorf("range-endpoints of ‘%c-%c’ are in reverse collating sequence order", from, to)
			}
			i += 1 + used
			for c := int(from); c <= int(to); c++ {
				out = append(out, byte(c))
			}
			continue
		}
		out = append(out, from)
	}
	return out, nil
}

// trRepeat reads [c*n] and [c*], which fills what is missing.
// n is decimal and has six digits at most; 0 is as none. It returns how many bytes of text it
// takes, 0 for no repetition.
func trRepeat(text string, missing int) ([]byte, int) {
	if len(text) < 4 || text[0] != '[' || text[2] != '*' {
		return nil, 0
	}
	end := strings.IndexByte(text, ']')
	if end < 3 || strings.Trim(text[3:end], "0123456789") != "" || end-3 > 6 {
		return nil, 0
	}
	n := number(text[3:end])
	if n == 0 {
		n = max(0, missing)
	}
	return []byte(strings.Repeat(text[1:2], n)), end + 1
}

// trByte reads one byte or its escape.
// \NNN above \377 and an unknown escape are the character behind the backslash. It returns how
// many bytes of text it takes.
func trByte(text string) (byte, int) {
	if text[0] != '\\' || len(text) == 1 {
		return text[0], 1
	}
	digits := 1
	for digits < min(4, len(text)) && text[digits] >= '0' && text[digits] <= '7' {
		digits++
	}
	if digits > 1 {
		if n, err := strconv.ParseUint(text[1:digits], 8, 8); err == nil {
			return byte(n), digits
		}
	}
	if c, ok := trEscapes[text[1]]; ok {
		return c, 2
	}
	return text[1], 2
}

// translation says for each byte what becomes of it.
type translation struct {
	to      [256]byte
	deleted [256]bool
	squeeze [256]bool
}

// runTr replaces, squeezes and deletes bytes.
// Squeezing goes across reads of the input. The status is 1 for sets that are wrong.
func runTr(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], trOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	t, err := newTranslation(p)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	// no byte is equal to it
	last := -1
	return eachInput(ctx, inv, nil, func(_ string, r io.Reader) error {
		buffer := make([]byte, 32<<10)
		for {
			n, err := r.Read(buffer)
			out := buffer[:0]
			for _, c := range buffer[:n] {
				if t.deleted[c] {
					continue
				}
				if c = t.to[c]; t.squeeze[c] && last == int(c) {
					continue
				}
				last = int(c)
				out = append(out, c)
			}
			if err := write(inv.Stdout, out); err != nil {
				return err
			}
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
		}
	})
}

// newTranslation reads the sets. The last byte of the second is repeated for the remaining ones of
// the first, unless -t is given; -s squeezes the bytes of the last set that was named.
func newTranslation(p *parsed) (*translation, error) {
	if len(p.operands) == 0 {
		return nil, errors.New("missing operand")
	}
	if len(p.operands) > 2 || p.has("delete") && !p.has("squeeze-repeats") && len(p.operands) > 1 {
		return nil, fmt.Errorf("extra operand ‘%s’", p.operands[len(p.operands)-1])
	}
	if !p.has("delete") && !p.has("squeeze-repeats") && len(p.operands) < 2 {
		return nil, fmt.Errorf("missing operand after ‘%s’\nTwo strings must be given when translating.", p.operands[0])
	}
	from, err := trSet(p.operands[0], 0)
	if err != nil {
		return nil, err
	}
	if p.has("complement") || p.has("C") {
		from = complement(from)
	}
	var to []byte
	if len(p.operands) == 2 {
		if to, err = trSet(p.operands[1], len(from)); err != nil {
			return nil, err
		}
	}
	t := &translation{}
	for c := range 256 {
		t.to[c] = byte(c)
	}
	// with -d and -s the second set is squeezed, with -s alone and one set the first
	squeezed := to
	switch {
	case p.has("delete"):
		for _, c := range from {
			t.deleted[c] = true
		}
	case len(p.operands) == 1:
		squeezed = from
	case len(to) == 0:
		return nil, errors.New("when not truncating set1, string2 must be non-empty")
	default:
		for i, c := range from {
			if i < len(to) || !p.has("truncate-set1") {
				t.to[c] = to[min(i, len(to)-1)]
			}
		}
	}
	if p.has("squeeze-repeats") {
		for _, c := range squeezed {
			t.squeeze[c] = true
		}
	}
	return t, nil
}

// complement returns the bytes that are not in a set, in ascending order.
func complement(set []byte) []byte {
	var in [256]bool
	for _, c := range set {
		in[c] = true
	}
	var out []byte
	for c := range 256 {
		if !in[c] {
			out = append(out, byte(c))
		}
	}
	return out
}
