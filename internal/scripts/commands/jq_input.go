package commands

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/commands/jq"
)

// jqInputs are the inputs of a command line: the values of its files, or of standard input. jq reads its files as one stream: a value
// may begin in one and end in the next. A file that cannot be read is said, and the others are still read.
type jqInputs struct {
	ctx     context.Context //nolint:containedctx // it lasts as long as the command
	inv     *procedures.Invocation
	options *jqOptions

	names  []string // files that are not open yet
	file   io.ReadCloser
	reader io.Reader // of the file that is open
	name   string
	before int // lines of the files before
	failed bool

	values *jq.Reader
	lines  *bufio.Reader // for -R
	read   int           // lines of -R
	ended  bool
	took   int64 // bytes charged for lines, not yet taken
}

func newJQInputs(ctx context.Context, inv *procedures.Invocation, o *jqOptions) *jqInputs {
	in := &jqInputs{ctx: ctx, inv: inv, options: o, names: o.files}
	if len(in.names) == 0 {
		in.names = []string{"-"}
	}
	if o.rawInput {
		in.lines = bufio.NewReaderSize(in, 64<<10)
	} else {
		in.values = jq.NewReader(in, o.meter, o.stream, o.seq)
	}
	return in
}

// close closes the file that is open.
func (in *jqInputs) close() {
	if in.file != nil {
		_ = in.file.Close()
		in.file = nil
	}
}

// Read implements io.Reader over all files.
func (in *jqInputs) Read(p []byte) (int, error) {
	for {
		if in.reader == nil {
			if len(in.names) == 0 {
				return 0, io.EOF
			}
			in.open()
			continue
		}
		n, err := in.reader.Read(p)
		if n > 0 {
			return n, nil
		}
		if err == nil {
			continue
		}
		in.close()
		in.reader = nil
		if !errors.Is(err, io.EOF) {
			var bound *limits.Error
			if in.ctx.Err() != nil || errors.As(err, &bound) {
				return 0, err
			}
			in.failed = true
			complain(in.inv, 2, "error: Input error on %s: %s", in.name, fileError(err))
		}
	}
}

// open opens the next file.
func (in *jqInputs) open() {
	name := in.names[0]
	in.names = in.names[1:]
	in.before = in.count()
	if name == "-" {
		in.name, in.reader = "<stdin>", &contextReader{in.ctx, in.inv.Stdin, nil}
		return
	}
	if name == nullFile {
		in.name, in.reader = name, strings.NewReader("")
		return
	}
	f, err := in.inv.Files.Open(name)
	if err == nil {
		info, statErr := f.Stat()
		if statErr == nil && info.IsDir() {
			_ = f.Close()
			err = errors.New("Is a directory")
		}
	}
	if err != nil {
		in.failed = true
		complain(in.inv, 2, "error: Could not open file %s: %s", name, fileError(err))
		return
	}
	in.name, in.file, in.reader = name, f, &contextReader{in.ctx, f, nil}
}

// count is how many lines were read.
func (in *jqInputs) count() int {
	if in.values != nil {
		return in.values.Lines
	}
	return in.read
}

// unread says what of the input is here already.
func (in *jqInputs) unread() (some, newline bool) {
	if in.values != nil {
		return in.values.Unread()
	}
	return in.lines != nil && in.lines.Buffered() > 0, false
}

// place is the file that is read, as errors name it, and the number of its line. jq reads whole lines.
func (in *jqInputs) place() (file string, line int) {
	line = in.count() - in.before
	if _, newline := in.unread(); newline && in.values != nil && !in.values.AtLine() {
		line++
	}
	return in.name, line
}

// taken are the bytes that were charged for inputs since the last call.
func (in *jqInputs) taken() int64 {
	n := in.took
	in.took = 0
	if in.values != nil {
		n += in.values.Taken()
	}
	return n
}

// next returns the next input, and io.EOF after the last one. -R gives lines, or with -s the whole text; -s alone gives one list;
// otherwise each JSON value is an input.
func (in *jqInputs) next() (any, error) {
	switch {
	case in.ended:
		return nil, io.EOF
	case in.options.rawInput && in.options.slurp:
		in.ended = true
		return in.text()
	case in.options.rawInput:
		return in.line()
	case in.options.slurp:
		in.ended = true
		return in.list()
	}
	return in.values.Next()
}

// charge counts bytes of what is read.
func (in *jqInputs) charge(n int64) error {
	if err := in.options.meter.Charge(n); err != nil {
		return err
	}
	in.took += n
	return in.options.meter.Work(n)
}

// text is all that there is to read.
func (in *jqInputs) text() (any, error) {
	var b strings.Builder
	room := make([]byte, 64<<10)
	for {
		n, err := in.lines.Read(room)
		if b.Len()+n > b.Cap() {
			more := max(b.Cap(), n)
			if err := in.charge(int64(more)); err != nil {
				return nil, err
			}
			b.Grow(more)
		}
		b.Write(room[:n])
		if errors.Is(err, io.EOF) {
			return strings.ToValidUTF8(b.String(), "\ufffd"), nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// line is one line without its newline.
func (in *jqInputs) line() (any, error) {
	var b []byte
	for {
		part, err := in.lines.ReadSlice('\n')
		if len(part) > 0 {
			if err := in.charge(int64(2 * len(part))); err != nil {
				return nil, err
			}
			b = append(b, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if len(b) == 0 && err != nil {
			return nil, err
		}
		if b[len(b)-1] == '\n' {
			in.read++
			b = b[:len(b)-1]
		}
		return strings.ToValidUTF8(string(b), "\ufffd"), nil
	}
}

// list has all values.
func (in *jqInputs) list() (any, error) {
	out := []any{}
	for {
		v, err := in.values.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		if err := in.charge(32); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
}

// jqFileValues are the values of a file, for --slurpfile.
func jqFileValues(r io.Reader, o *jqOptions) (any, error) {
	values := jq.NewReader(r, o.meter, false, false)
	out := []any{}
	for {
		v, err := values.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
}

// jqFileText is the text of a file, for --rawfile and -f.
func jqFileText(inv *procedures.Invocation, o *jqOptions, name string) (string, error) {
	f, err := inv.Files.Open(name)
	if err != nil {
		return "", fmt.Errorf("Could not open %s: %s", name, fileError(err))
	}
	defer f.Close()
	var b strings.Builder
	room := make([]byte, 32<<10)
	for {
		n, err := f.Read(room)
		if err := o.meter.Charge(int64(2 * n)); err != nil {
			return "", err
		}
		b.Write(room[:n])
		if errors.Is(err, io.EOF) {
			return b.String(), nil
		}
		if err != nil {
			return "", fmt.Errorf("Could not open %s: %s", name, fileError(err))
		}
	}
}
