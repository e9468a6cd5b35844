package commands

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/opsbook/opsbook/internal/procedures"
)

// catOptions has -u, which POSIX requires and GNU ignores.
var catOptions = []option{{'n', "number", noArgument}, {'u', "", noArgument}}

// runCat copies files to standard output, with line numbers for -n.
// The numbers of -n are six columns wide, end with a tab and count through all files. A file that
// cannot be read makes the exit status 1; the other files are still copied.
func runCat(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], catOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	count := 0
	return eachInput(ctx, inv, p.operands, func(_ string, r io.Reader) error {
		if !p.has("number") {
			return copyTo(inv.Stdout, r)
		}
		lines := newLines(r)
		for {
			line, err := lines.next()
			if line != "" {
				count++
				if err := write(inv.Stdout, fmt.Appendf(nil, "%6d\t%s", count, line)); err != nil {
					return err
				}
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

// copyTo copies and tells a failure to write from one to read.
// A failed write is a *writeError, which ends a command silently; a failed read is returned as it
// is, and reported with the name of the input. io.Copy does not tell them apart.
func copyTo(w io.Writer, r io.Reader) error {
	buffer := make([]byte, 32<<10)
	for {
		n, err := r.Read(buffer)
		if n > 0 {
			if err := write(w, buffer[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
