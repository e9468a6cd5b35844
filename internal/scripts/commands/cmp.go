package commands

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/opsbook/opsbook/internal/procedures"
)

var cmpOptions = []option{
	{'s', "quiet", noArgument}, {0, "silent", noArgument}, {'l', "verbose", noArgument}, {'n', "bytes", needsArgument},
	{'i', "ignore-initial", needsArgument},
}

// runCmp compares two files byte by byte: 0 where they are the same, 1 where they differ, 2 on an error.
func runCmp(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], cmpOptions)
	if err != nil {
		return complain(inv, 2, "%v", err)
	}
	quiet := p.has("quiet") || p.has("silent")
	if quiet && p.has("verbose") {
		return complain(inv, 2, "options -l and -s are incompatible")
	}
	names := p.operands
	switch len(names) {
	case 0:
		return complain(inv, 2, "missing operand after 'cmp'")
	case 1:
		names = append(names, "-")
	case 2:
	default:
		return complain(inv, 2, "%v", missing("FILE FILE SKIP", "write the bytes to pass over behind -i"))
	}
	most, skip := int64(-1), int64(0)
	for name, into := range map[string]*int64{"bytes": &most, "ignore-initial": &skip} {
		if p.has(name) {
			if *into, err = strconv.ParseInt(p.last(name), 10, 64); err != nil {
				return complain(inv, 2, "invalid --%s value '%s'", name, p.last(name))
			}
		}
	}
	var files [2]*bufio.Reader
	for i, name := range names {
		lines, closer, err := openLines(ctx, inv, name, '\n')
		if err != nil {
			if quiet {
				return 2
			}
			return complain(inv, 2, "%s: %s", name, fileError(err))
		}
		defer closer.Close()
		files[i] = lines.r
		if _, err := io.CopyN(io.Discard, lines.r, skip); err != nil && !errors.Is(err, io.EOF) {
			return complain(inv, 2, "%s: %s", name, fileError(err))
		}
	}
	out := bufio.NewWriter(inv.Stdout)
	defer out.Flush() //nolint:errcheck // the reader may have gone
	differ, width := 0, cmpWidth(inv, names, most)
	for at, line := int64(1), 1; most < 0 || at <= most; at++ {
		x, errX := files[0].ReadByte()
		y, errY := files[1].ReadByte()
		for i, err := range []error{errX, errY} {
			if err != nil && !errors.Is(err, io.EOF) {
				return complain(inv, 2, "%s: %s", names[i], fileError(err))
			}
		}
		switch {
		case errX != nil && errY != nil:
			return differ
		case errX != nil || errY != nil:
			name := names[0]
			if errX == nil {
				name = names[1]
			}
			if !quiet {
				complain(inv, 1, "%s", cmpEnd(name, at-1, line, p.has("verbose")))
			}
			return 1
		case x != y && quiet:
			return 1
		case x != y && !p.has("verbose"):
			_, _ = fmt.Fprintf(out, "%s %s differ: byte %d, line %d\n", names[0], names[1], at, line)
			return 1
		case x != y:
			differ = 1
			_, _ = fmt.Fprintf(out, "%*d %3o %3o\n", width, at, x, y)
		}
		if x == '\n' {
			line++
		}
	}
	return differ
}

// cmpWidth is how wide the numbers of -l are: as those of the last byte that both files may have.
func cmpWidth(inv *procedures.Invocation, names []string, most int64) int {
	least := int64(1<<63 - 1)
	for _, name := range names {
		if info, err := inv.Files.Stat(name); err == nil && name != "-" && info.Mode().IsRegular() {
			least = min(least, info.Size())
		}
	}
	if most >= 0 {
		least = min(least, most)
	}
	return len(strconv.FormatInt(least, 10))
}

func cmpEnd(name string, bytes int64, line int, verbose bool) string {
	switch {
	case bytes == 0:
		return "EOF on " + name + " which is empty"
	case verbose:
		return fmt.Sprintf("EOF on %s after byte %d", name, bytes)
	}
	return fmt.Sprintf("EOF on %s after byte %d, in line %d", name, bytes, line)
}
