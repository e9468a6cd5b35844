package commands

import (
	"context"
	"io"

	"github.com/opsbook/opsbook/internal/procedures"
)

// teeOptions has -i and -p, which are accepted and have no effect.
var teeOptions = []option{{'a', "append", noArgument}, {'i', "ignore-interrupts", noArgument}, {'p', "", noArgument}}

// runTee copies standard input to standard output and to files of the run.
// A file that cannot be made makes the status 1, and the others are still written.
func runTee(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], teeOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	status := 0
	outs := []io.Writer{inv.Stdout}
	var files []io.Closer
	for _, name := range p.operands {
		f, err := inv.Files.Create(name, p.has("append"))
		if err != nil {
			status = complain(inv, 1, "%s: %s", name, fileError(err))
			continue
		}
		outs, files = append(outs, f), append(files, f)
	}
	if got := eachInput(ctx, inv, nil, func(_ string, r io.Reader) error { return copyTo(io.MultiWriter(outs...), r) }); got != 0 {
		status = got
	}
	for _, f := range files {
		if err := f.Close(); err != nil {
			status = complain(inv, 1, "%s", fileError(err))
		}
	}
	return status
}
