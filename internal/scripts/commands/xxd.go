package commands

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// xxdLine is what the words of a line of xxd ask for. Its options are its own: one dash, and values behind them or in a word of their own.
type xxdLine struct {
	plain, reverse, upper, bits, decimal bool
	cols, group, length, seek            int // -1 where they are not given
	files                                []string
}

// xxdOptions are the names of options that are carried out; those with a value end with =.
var xxdOptions = map[string]string{
	"p": "p", "ps": "p", "plain": "p", "postscript": "p", "r": "r", "revert": "r", "u": "u", "uppercase": "u", "b": "b", "bits": "b",
	"d": "d", "c": "c=", "cols": "c=", "g": "g=", "groupsize": "g=", "l": "l=", "len": "l=", "s": "s=", "seek": "s=",
}

// readXxd reads the words behind the name.
func readXxd(args []string) (*xxdLine, error) {
	x := &xxdLine{cols: -1, group: -1, length: -1}
	for i := 0; i < len(args); i++ {
		word := args[i]
		if word == "-" || !strings.HasPrefix(word, "-") {
			x.files = append(x.files, word)
			continue
		}
		name := strings.TrimPrefix(strings.TrimPrefix(word, "-"), "-")
		kind, value, attached := xxdOptions[name], "", false
		if digits := strings.TrimLeft(name, "abcdefghijklmnopqrstuvwxyz"); kind == "" && digits != "" {
			kind, value, attached = xxdOptions[strings.TrimSuffix(name, digits)], digits, true
		}
		switch kind {
		case "p", "r", "u", "b", "d":
			if attached {
				return nil, missing(word, "")
			}
			*map[string]*bool{"p": &x.plain, "r": &x.reverse, "u": &x.upper, "b": &x.bits, "d": &x.decimal}[kind] = true
		case "c=", "g=", "l=", "s=":
			if !attached {
				if i++; i == len(args) {
					return nil, missing(word, "write the number behind it")
				}
				value = args[i]
			}
			n, err := strconv.ParseInt(value, 0, 32)
			if err != nil || n < 0 {
				return nil, missing(word+" "+value, "write a number that is not negative")
			}
			*map[string]*int{"c=": &x.cols, "g=": &x.group, "l=": &x.length, "s=": &x.seek}[kind] = int(n)
		default:
			return nil, missing(word, "")
		}
	}
	switch {
	case len(x.files) > 1:
		return nil, missing("FILE OUTFILE", "write > OUTFILE")
	case x.plain && x.bits:
		return nil, missing("-b -p", "")
	case x.reverse && (x.bits || x.decimal || x.seek > 0 || x.length >= 0 || x.cols >= 0):
		return nil, missing("-r with other options", "")
	case x.cols > 256:
		return nil, missing("-c of more than 256", "")
	}
	return x, nil
}

// checkXxd finds what is not carried out.
func checkXxd(words []procedures.Word) []procedures.Finding {
	_, err := readXxd(knownTexts(words[1:]))
	return findingNotHere(words[0].Text, words[0], err)
}

// runXxd prints bytes in base 16, or makes bytes of such a text again.
func runXxd(ctx context.Context, inv *procedures.Invocation) int {
	x, err := readXxd(inv.Args[1:])
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	out := bufio.NewWriter(inv.Stdout)
	defer out.Flush() //nolint:errcheck // the reader may have gone
	name := "-"
	if len(x.files) > 0 {
		name = x.files[0]
	}
	err = oneInput(ctx, inv, name, func(_ string, r io.Reader) error {
		if x.reverse {
			return x.revert(out, r)
		}
		return x.dump(out, r)
	})
	switch {
	case ctx.Err() != nil:
		return interrupted
	case err != nil && name != "-":
		return complain(inv, 2, "%s: %s", name, fileError(err))
	case err != nil:
		return complain(inv, 1, "%s", fileError(err))
	}
	return 0
}

func (x *xxdLine) dump(w *bufio.Writer, r io.Reader) error {
	cols, group := x.cols, x.group
	if cols < 1 {
		cols = map[bool]int{true: 30, false: 16}[x.plain]
		if x.bits {
			cols = 6
		}
		if x.cols == 0 && x.plain {
			cols = 1 << 20 // one line
		}
	}
	if group < 0 {
		group = map[bool]int{true: 1, false: 2}[x.bits]
	}
	if group == 0 || group > cols {
		group = cols
	}
	if n, err := io.CopyN(io.Discard, r, int64(x.seek)); n < int64(x.seek) && (err == nil || errors.Is(err, io.EOF)) {
		return errors.New("Sorry, cannot seek.")
	}
	if x.length >= 0 {
		r = io.LimitReader(r, int64(x.length))
	}
	block := make([]byte, cols)
	for at := x.seek; ; at += cols {
		n, err := io.ReadFull(r, block)
		if n > 0 {
			if writeErr := write(w, []byte(x.line(block[:n], at, cols, group))); writeErr != nil {
				return writeErr
			}
		}
		if err != nil {
			if errors.Is(err, io.EOF) && at == x.seek && x.plain && x.cols == 0 {
				return write(w, []byte("\n")) // one line, of nothing
			}
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				return nil
			}
			return err
		}
	}
}

// line is one line: the offset, the bytes in groups, and what of them can be printed.
func (x *xxdLine) line(block []byte, at, cols, group int) string {
	one := func(b byte) string {
		switch {
		case x.bits:
			return fmt.Sprintf("%08b", b)
		case x.upper:
			return fmt.Sprintf("%02X", b)
		}
		return fmt.Sprintf("%02x", b)
	}
	var b, text strings.Builder
	for i, c := range block {
		if i > 0 && i%group == 0 && !x.plain {
			b.WriteByte(' ')
		}
		b.WriteString(one(c))
		if c < ' ' || c > '~' {
			c = '.'
		}
		text.WriteByte(c)
	}
	if x.plain {
		return b.String() + "\n"
	}
	width := cols*len(one(0)) + (cols-1)/group
	format := "%08x: %-*s  %s\n"
	if x.decimal {
		format = "%08d: %-*s  %s\n"
	}
	return fmt.Sprintf(format, at, width, b.String(), text.String())
}

// hexNumber reads an offset; false for what is none.
func hexNumber(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 16, 64)
	return n, err == nil
}

// revert makes bytes of what xxd has printed. An offset that is not behind what was written before is not carried out.
func (x *xxdLine) revert(w *bufio.Writer, r io.Reader) error {
	at := int64(0)
	return eachWhole(r, '\n', func(line string, _ bool) error {
		if !x.plain {
			offset, rest, ok := strings.Cut(line, ":")
			to, isOffset := hexNumber(offset)
			switch {
			case !ok || !isOffset:
				return nil
			case to != at:
				return missing("-r with offsets that leave something out", "")
			}
			line, _, _ = strings.Cut(strings.TrimPrefix(rest, " "), "  ")
		}
		digits := strings.Map(func(c rune) rune {
			if strings.ContainsRune(" \t\r", c) {
				return -1
			}
			return c
		}, line)
		out, err := hex.DecodeString(digits)
		if err != nil {
			return missing("-r of a line that is not xxd's own", "")
		}
		at += int64(len(out))
		return write(w, out)
	})
}
