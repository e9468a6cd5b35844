package commands

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"strconv"

	"github.com/opsbook/opsbook/internal/procedures"
)

// base64Options are GNU's; -D is how older macOS spells -d.
var base64Options = []option{
	{'d', "decode", noArgument}, {'D', "", noArgument}, {'i', "ignore-garbage", noArgument}, {'w', "wrap", needsArgument},
}

// runBase64 encodes, or decodes with -d (macOS: -D).
// An encoded line has 76 characters unless -w sets another length; -w 0 writes a single line. The
// exit status is 1 for wrong usage, a file that cannot be read, and input that is not base64.
func runBase64(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], base64Options)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	wrap := 76
	if p.has("wrap") {
		if wrap, err = strconv.Atoi(p.last("wrap")); err != nil || wrap < 0 {
			return complain(inv, 1, "invalid wrap size: ‘%s’", p.last("wrap"))
		}
	}
	if len(p.operands) > 1 {
		// only one file is read, as by GNU's
		return complain(inv, 1, "extra operand ‘%s’", p.operands[1])
	}
	invalid := false
	status := eachInput(ctx, inv, p.operands, func(_ string, r io.Reader) error {
		if !p.has("decode") && !p.has("D") {
			return encodeBase64(inv.Stdout, r, wrap)
		}
		ok, err := decodeBase64(inv.Stdout, r, p.has("ignore-garbage"))
		invalid = invalid || !ok
		return err
	})
	if invalid {
		return complain(inv, 1, "invalid input")
	}
	return status
}

// decodeBase64 writes what can be decoded, and reports whether that was all.
// Like GNU's it writes the bytes before the first invalid character and reports the error
// afterwards. With lenient (-i) characters outside of the alphabet are dropped instead.
func decodeBase64(w io.Writer, r io.Reader, lenient bool) (ok bool, err error) {
	in := bufio.NewReader(&alphabet{r: r, lenient: lenient})
	block := make([]byte, 32<<10) // of whole quadruples
	for {
		n, err := io.ReadFull(in, block)
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return false, err
		}
		text := block[:n]
		end := bytes.IndexFunc(text, func(c rune) bool { return !known(byte(min(c, 0xff))) })
		if end < 0 && !last {
			if err := decodeBlock(w, text); err != nil {
				return false, err
			}
			continue
		}
		if !last { // padding may stand at the very end only
			_, err := in.Peek(1)
			last = errors.Is(err, io.EOF)
		}
		if data, err := base64.StdEncoding.DecodeString(string(text)); err == nil && last {
			return true, write(w, data)
		}
		if end < 0 {
			end = len(text)
		}
		valid := text[:end]
		// one character holds six bits, which make no byte
		if len(valid)%4 == 1 {
			valid = valid[:len(valid)-1]
		}
		return false, decodeBlock(w, valid) // what was decoded before the error is printed
	}
}

// decodeBlock writes what characters of the alphabet stand for.
func decodeBlock(w io.Writer, text []byte) error {
	data := make([]byte, base64.RawStdEncoding.DecodedLen(len(text)))
	n, _ := base64.RawStdEncoding.Decode(data, text)
	return write(w, data[:n])
}

// known reports whether c is of the alphabet; padding is not.
func known(c byte) bool { return isLetter(c) || isDigit(c) || c == '+' || c == '/' }

// encodeBase64 streams its input. The last line ends with a newline too, but for wrap 0, as GNU's.
func encodeBase64(w io.Writer, r io.Reader, wrap int) error {
	out := &wrapper{w: w, wrap: wrap}
	encoder := base64.NewEncoder(base64.StdEncoding, out)
	if err := copyTo(encoder, r); err != nil {
		return err
	}
	if err := encoder.Close(); err != nil {
		return err
	}
	if wrap > 0 && out.column > 0 {
		return write(w, []byte("\n"))
	}
	return nil
}

// wrapper breaks lines after wrap characters; 0 never breaks.
type wrapper struct {
	w            io.Writer
	wrap, column int
}

// Write implements io.Writer. The newlines that it adds do not count in what it returns.
func (b *wrapper) Write(p []byte) (int, error) {
	written := len(p)
	for b.wrap > 0 && len(p) >= b.wrap-b.column {
		n := b.wrap - b.column
		if err := write(b.w, append(p[:n:n], '\n')); err != nil {
			return 0, err
		}
		p, b.column = p[n:], 0
	}
	if len(p) > 0 {
		if err := write(b.w, p); err != nil {
			return 0, err
		}
	}
	b.column += len(p)
	return written, nil
}

// alphabet drops newlines, and everything that is not base64 where that was asked for.
type alphabet struct {
	r       io.Reader
	lenient bool
}

// Read implements io.Reader. It may return 0 bytes and no error: everything that it read was
// dropped.
func (a *alphabet) Read(p []byte) (int, error) {
	n, err := a.r.Read(p)
	kept := p[:0]
	for _, c := range p[:n] {
		if c == '\n' || c == '\r' || a.lenient && !known(c) && c != '=' {
			continue
		}
		kept = append(kept, c)
	}
	return len(kept), err
}
