package commands

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

var odOptions = []option{
	{'A', "address-radix", needsArgument}, {'j', "skip-bytes", needsArgument}, {'N', "read-bytes", needsArgument},
	{'t', "format", needsArgument}, {'v', "output-duplicates", noArgument}, {'w', "width", mayHaveArgument},
	{'a', "", noArgument}, {'b', "", noArgument}, {'c', "", noArgument}, {'d', "", noArgument}, {'i', "", noArgument},
	{'l', "", noArgument}, {'o', "", noArgument}, {'s', "", noArgument}, {'x', "", noArgument},
}

// odShort are the formats that have a letter of their own.
var odShort = map[string]string{"a": "a", "b": "o1", "c": "c", "d": "u2", "i": "d4", "l": "d8", "o": "o2", "s": "d2", "x": "x2"}

// odType is one way in which bytes are printed: as numbers of a size, or as characters.
type odType struct {
	kind        byte // a c d o u x
	size, width int
}

// odWidths are how wide numbers are, by kind and size.
var odWidths = map[byte]map[int]int{
	'o': {1: 3, 2: 6, 4: 11, 8: 22}, 'x': {1: 2, 2: 4, 4: 8, 8: 16}, 'd': {1: 4, 2: 6, 4: 11, 8: 20}, 'u': {1: 3, 2: 5, 4: 10, 8: 20},
	'a': {1: 3}, 'c': {1: 3},
}

// odDump is a line of od.
type odDump struct {
	types   []odType
	width   int
	address byte
	every   bool // lines that are the same as the one before too
}

// runOd prints bytes as numbers or characters.
func runOd(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], odOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	d, skip, most, err := odSetUp(p)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	for _, name := range p.operands { // an offset among the names, as old od's
		if strings.HasPrefix(name, "+") {
			return complain(inv, 1, "%v", missing(name, "write the offset behind -j"))
		}
	}
	held, opened := &bytes.Buffer{}, false
	status := eachInput(ctx, inv, p.operands, func(_ string, r io.Reader) error {
		opened = true
		if most >= 0 {
			r = io.LimitReader(r, max(0, skip+most-int64(held.Len())))
		}
		before := held.Len()
		if err := copyTo(held, r); err != nil {
			return err
		}
		return inv.Meter.Charge(int64(held.Len() - before))
	})
	if !opened {
		return status
	}
	if skip > 0 {
		if n, _ := io.CopyN(io.Discard, held, skip); n < skip {
			return complain(inv, 1, "cannot skip past end of combined input")
		}
	}
	out := bufio.NewWriter(inv.Stdout)
	if err := d.dump(out, held, skip); err != nil || out.Flush() != nil {
		return 1
	}
	return status
}

// odSetUp reads the options.
func odSetUp(p *parsed) (d *odDump, skip, most int64, err error) {
	d = &odDump{address: 'o', every: p.has("output-duplicates"), width: 16}
	most = -1
	if p.has("address-radix") {
		radix := p.last("address-radix")
		if radix == "" || strings.IndexByte("odxn", radix[0]) < 0 {
			return nil, 0, 0, fmt.Errorf("invalid output address radix '%s'; it must be one character from [doxn]", radix)
		}
		d.address = radix[0]
	}
	for name, into := range map[string]*int64{"skip-bytes": &skip, "read-bytes": &most} {
		if p.has(name) {
			if *into, err = odBytes(map[string]string{"skip-bytes": "-j", "read-bytes": "-N"}[name], p.last(name)); err != nil {
				return nil, 0, 0, err
			}
		}
	}
	seen := map[string]int{}
	for _, name := range p.order {
		format := odShort[name]
		if name == "format" {
			format = p.values[name][seen[name]]
			seen[name]++
		}
		if err := d.add(format); err != nil {
			return nil, 0, 0, err
		}
	}
	if len(d.types) == 0 {
		d.types = []odType{{'o', 2, 6}}
	}
	if p.has("width") {
		if d.width = 32; p.last("width") != "" {
			if d.width, err = strconv.Atoi(p.last("width")); err != nil || d.width < 1 || d.width > 4096 {
				return nil, 0, 0, fmt.Errorf("invalid -w argument '%s'", p.last("width"))
			}
		}
		for _, t := range d.types {
			if d.width%t.size != 0 {
				return nil, 0, 0, missing("-w"+p.last("width"), "write a multiple of the size of a number")
			}
		}
	}
	return d, skip, most, nil
}

// add reads the text of -t: x1, dI, c, several of them behind one another.
func (d *odDump) add(format string) error {
	for format != "" {
		kind := format[0]
		format = format[1:]
		widths, ok := odWidths[kind]
		if !ok {
			if kind == 'f' {
				return missing("-t f", "floating point numbers")
			}
			return fmt.Errorf("invalid character '%c' in type string '%c%s'", kind, kind, format)
		}
		size := 4
		if kind == 'a' || kind == 'c' {
			size = 1
		} else if format != "" {
			end := 0
			for end < len(format) && format[end] >= '0' && format[end] <= '9' {
				end++
			}
			if letter := map[byte]int{'C': 1, 'S': 2, 'I': 4, 'L': 8}[format[0]]; letter > 0 {
				size, end = letter, 1
			} else if end > 0 {
				size, _ = strconv.Atoi(format[:end])
			}
			format = format[end:]
		}
		if widths[size] == 0 {
			return fmt.Errorf("invalid type string '%c%d';\nthis system doesn't provide a %d-byte integral type", kind, size, size)
		}
		if strings.HasPrefix(format, "z") {
			return missing("-t z", "the characters at the end of lines; use -c")
		}
		d.types = append(d.types, odType{kind, size, widths[size]})
	}
	return nil
}

func (d *odDump) dump(w *bufio.Writer, r io.Reader, at int64) error {
	perBlock := 0
	for _, t := range d.types {
		perBlock = max(perBlock, (t.width+1)*(d.width/t.size))
	}
	block, before, starred := make([]byte, d.width), []byte(nil), false
	for {
		n, err := io.ReadFull(r, block)
		if n > 0 {
			if same := before != nil && n == d.width && bytes.Equal(before, block) && !d.every; !same {
				starred = false
				d.lines(w, block[:n], at, perBlock)
			} else if !starred {
				starred = true
				fmt.Fprintln(w, "*")
			}
			before = slices.Clone(block[:n])
			at += int64(n)
		}
		if err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				if d.address != 'n' {
					fmt.Fprintln(w, d.label(at))
				}
				return nil
			}
			return err
		}
	}
}

// label is an offset.
func (d *odDump) label(at int64) string {
	return fmt.Sprintf(map[byte]string{'o': "%07o", 'd': "%07d", 'x': "%06x", 'n': "%.0d"}[d.address], at)
}

// lines writes one block in each type. Fields are spread, so that those of all types stand above one another.
func (d *odDump) lines(w *bufio.Writer, block []byte, at int64, perBlock int) {
	for i, t := range d.types {
		switch {
		case d.address == 'n':
		case i == 0:
			_, _ = w.WriteString(d.label(at))
		default:
			_, _ = w.WriteString(strings.Repeat(" ", len(d.label(0))))
		}
		fields := d.width / t.size
		pad := perBlock - t.width*fields
		left := pad
		for k := range (len(block) + t.size - 1) / t.size {
			next := pad * (fields - 1 - k) / fields
			value := make([]byte, 8)
			copy(value, block[k*t.size:min(len(block), (k+1)*t.size)])
			fmt.Fprintf(w, "%*s", left-next+t.width, t.text(binary.LittleEndian.Uint64(value)))
			left = next
		}
		_ = w.WriteByte('\n')
	}
}

// odNames are the characters of -a below the blank.
var odNames = strings.Fields("nul soh stx etx eot enq ack bel bs ht nl vt ff cr so si dle dc1 dc2 dc3 dc4 nak syn etb can em " +
	"sub esc fs gs rs us sp")

func (t odType) text(v uint64) string {
	switch t.kind {
	case 'o':
		return fmt.Sprintf("%0*o", t.width, v)
	case 'x':
		return fmt.Sprintf("%0*x", t.width, v)
	case 'u':
		return strconv.FormatUint(v, 10)
	case 'd':
		shift := 64 - 8*t.size
		return strconv.FormatInt(int64(v<<shift)>>shift, 10)
	case 'a':
		switch v &= 0x7f; {
		case v == 0x7f:
			return "del"
		case int(v) < len(odNames):
			return odNames[v]
		}
		return string(rune(v))
	}
	if i := strings.IndexByte("\x00\a\b\t\n\v\f\r", byte(v)); i >= 0 {
		return `\` + string("0abtnvfr"[i])
	}
	if v >= ' ' && v < 0x7f {
		return string(rune(v))
	}
	return fmt.Sprintf("%03o", v)
}

// odUnits are what a number of bytes may end with.
var odUnits = map[string]int64{
	"": 1, "b": 512, "kB": 1000, "k": 1 << 10, "K": 1 << 10, "KiB": 1 << 10, "MB": 1_000_000, "m": 1 << 20, "M": 1 << 20, "MiB": 1 << 20,
	"GB": 1_000_000_000, "G": 1 << 30, "GiB": 1 << 30,
}

// odBytes reads a number of bytes: decimal, octal behind 0, hexadecimal behind 0x, with a unit.
func odBytes(option, text string) (int64, error) {
	digits := strings.TrimRight(text, "bkKmMGiB")
	if strings.HasPrefix(text, "0x") || strings.HasPrefix(text, "0X") { // b is a digit there
		digits = text
	}
	unit, known := odUnits[text[len(digits):]]
	n, err := strconv.ParseInt(digits, 0, 64)
	switch {
	case err == nil && n >= 0 && known && n <= (1<<62)/unit:
		return n * unit, nil
	case len(text) > 0 && text[0] >= '0' && text[0] <= '9':
		return 0, fmt.Errorf("invalid suffix in %s argument '%s'", option, text)
	}
	return 0, fmt.Errorf("invalid %s argument '%s'", option, text)
}
