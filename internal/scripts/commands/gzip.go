package commands

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"path"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

var gzipOptions = []option{
	{'c', "stdout", noArgument}, {0, "to-stdout", noArgument}, {'d', "decompress", noArgument}, {0, "uncompress", noArgument},
	{'f', "force", noArgument}, {'k', "keep", noArgument}, {'n', "no-name", noArgument}, {'N', "name", noArgument},
	{'q', "quiet", noArgument}, {'S', "suffix", needsArgument}, {'t', "test", noArgument},
	{'1', "fast", noArgument}, {'2', "", noArgument}, {'3', "", noArgument}, {'4', "", noArgument}, {'5', "", noArgument},
	{'6', "", noArgument}, {'7', "", noArgument}, {'8', "", noArgument}, {'9', "best", noArgument},
}

// gzipLevels are the options that say how small the result is.
var gzipLevels = []string{"fast", "2", "3", "4", "5", "6", "7", "8", "best"}

// zipper is a line of gzip, gunzip or zcat.
type zipper struct {
	ctx    context.Context //nolint:containedctx // of one line
	inv    *procedures.Invocation
	p      *parsed
	unzips bool
	level  int
	suffix string
}

// runGzip compresses files, or with -d, as gunzip and zcat do, makes them what they were. A file that is replaced is taken away only
// when the other one is written. What is compressed is not byte for byte what GNU's gzip makes of it; what it becomes again is.
func runGzip(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], gzipOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	z := &zipper{ctx: ctx, inv: inv, p: p, level: 6, suffix: ".gz"}
	z.unzips = inv.Args[0] != "gzip" || p.has("decompress") || p.has("uncompress") || p.has("test")
	if p.has("suffix") {
		z.suffix = p.last("suffix")
	}
	if last := p.lastOf(gzipLevels...); last != "" {
		for i, name := range gzipLevels {
			if name == last {
				z.level = i + 1
			}
		}
	}
	names := p.operands
	if len(names) == 0 {
		names = []string{"-"}
	}
	status := 0
	for _, name := range names {
		if ctx.Err() != nil {
			return interrupted
		}
		status = worstGzip(status, z.one(name))
	}
	return status
}

// worstGzip is the status of two files: an error stands before a warning.
func worstGzip(a, b int) int {
	if a == 1 || b == 1 {
		return 1
	}
	return max(a, b)
}

// printed reports whether the result goes to standard output.
func (z *zipper) printed(name string) bool {
	return name == "-" || z.p.has("stdout") || z.p.has("to-stdout") || z.inv.Args[0] == "zcat"
}

// one takes one file.
func (z *zipper) one(name string) int {
	from, to := name, name+z.suffix
	if z.unzips && name != "-" {
		var found bool
		if from, to, found = z.compressed(name); !found {
			return z.warn(2, "%s: unknown suffix -- ignored", name)
		}
	} else if suffix := z.suffixOf(name); suffix != "" && !z.printed(name) && !z.p.has("force") {
		return z.warn(0, "%s already has %s suffix -- unchanged", name, suffix)
	}
	if z.printed(name) || z.p.has("test") {
		out := z.inv.Stdout
		if z.p.has("test") {
			out = io.Discard
		}
		return z.ended(name, oneInput(z.ctx, z.inv, from, func(_ string, r io.Reader) error { return z.copy(out, r) }))
	}
	if info, err := z.inv.Files.Stat(from); err == nil && info.IsDir() {
		return z.warn(2, "%s is a directory -- ignored", name)
	}
	if z.unzips { // what is not compressed has no other name that could be taken
		if err := oneInput(z.ctx, z.inv, from, func(_ string, r io.Reader) error { return zipped(bufio.NewReader(r)) }); err != nil {
			return z.ended(name, err)
		}
	}
	if there, _ := isThere(z.inv.Files, to); there && !z.p.has("force") {
		return z.warn(2, "%s already exists;\tnot overwritten", to)
	}
	err := oneInput(z.ctx, z.inv, from, func(_ string, r io.Reader) error {
		w, err := z.inv.Files.Create(to, false)
		if err != nil {
			return err
		}
		return errors.Join(z.copy(w, r), w.Close())
	})
	if err != nil && !errors.Is(err, errGarbage) {
		if there, _ := isThere(z.inv.Files, from); there {
			_ = z.inv.Files.Remove(to)
		}
		return z.ended(name, err)
	}
	status := z.ended(name, err)
	if info, err := z.inv.Files.Stat(from); err == nil {
		_ = z.inv.Files.Chtimes(to, info.ModTime())
	}
	if !z.p.has("keep") {
		if err := z.inv.Files.Remove(from); err != nil {
			return z.ended(name, err)
		}
	}
	return status
}

// suffixOf is that of a compressed file, "" where a name has none.
func (z *zipper) suffixOf(name string) string {
	for _, suffix := range []string{z.suffix, ".gz", ".z", ".taz", ".tgz", "-gz", "-z", "_z"} {
		if strings.HasSuffix(name, suffix) {
			return suffix
		}
	}
	return ""
}

// compressed is the compressed file that a name means, and that which it becomes.
func (z *zipper) compressed(name string) (from, to string, found bool) {
	if base, ok := strings.CutSuffix(name, ".tgz"); ok {
		return name, base + ".tar", true
	}
	if base, ok := strings.CutSuffix(name, z.suffix); ok && path.Base(name) != z.suffix {
		return name, base, true
	}
	if there, _ := isThere(z.inv.Files, name); there {
		return name, "", z.printed(name) || z.p.has("test")
	}
	return name + z.suffix, name, true
}

// copy compresses, or the other way round. Parts that follow one another are one.
func (z *zipper) copy(w io.Writer, r io.Reader) error {
	if !z.unzips {
		out, err := gzip.NewWriterLevel(w, z.level)
		if err != nil {
			return err
		}
		return errors.Join(copyTo(out, r), out.Close())
	}
	in := bufio.NewReader(r)
	if err := zipped(in); err != nil {
		if head, _ := in.Peek(1); z.p.has("force") && z.printed("-") && len(head) > 0 {
			return copyTo(w, in)
		}
		return err
	}
	out, err := gzip.NewReader(in)
	for err == nil {
		out.Multistream(false)
		if err = copyTo(w, out); err != nil {
			break
		}
		if _, more := in.Peek(1); errors.Is(more, io.EOF) {
			return nil
		}
		if zipped(in) != nil {
			return errGarbage
		}
		err = out.Reset(in)
	}
	return zipError(err)
}

// zipped is an error where what follows is not compressed.
func zipped(in *bufio.Reader) error {
	switch head, err := in.Peek(2); {
	case len(head) == 0:
		return errors.New("unexpected end of file")
	case err != nil || head[0] != 0x1f || head[1] != 0x8b:
		return errors.New("not in gzip format")
	}
	return nil
}

// errGarbage is no failure: all that was compressed is there again.
var errGarbage = errors.New("decompression OK, trailing garbage ignored")

// zipError is an error as GNU's words it.
func zipError(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("unexpected end of file")
	case errors.Is(err, gzip.ErrChecksum):
		return errors.New("invalid compressed data--crc error")
	}
	return err
}

// ended is the status of a file.
func (z *zipper) ended(name string, err error) int {
	var broken *writeError
	switch {
	case err == nil:
		return 0
	case z.ctx.Err() != nil:
		return interrupted
	case errors.As(err, &broken):
		return 1
	case name == "-":
		name = "stdin"
	}
	if errors.Is(err, errGarbage) {
		return z.warn(2, "%s: %v", name, err)
	}
	return complain(z.inv, 1, "%s: %s", name, fileError(err))
}

// warn says what -q leaves out.
func (z *zipper) warn(status int, format string, args ...any) int {
	if z.p.has("quiet") {
		return status
	}
	return complain(z.inv, status, format, args...)
}
