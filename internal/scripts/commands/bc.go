package commands

import (
	"context"
	"errors"
	"io"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/commands/bc"
)

// bcOptions are those of GNU's bc; -i asks a person.
var bcOptions = []option{
	{'l', "mathlib", noArgument}, {'q', "quiet", noArgument}, {'s', "standard", noArgument}, {'w', "warn", noArgument},
}

// runBc computes the files of a line, and what is read behind them, until quit.
func runBc(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], bcOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	if p.has("standard") || p.has("warn") {
		return complain(inv, 1, "%v", missing("-s", "only GNU's own bc"))
	}
	work := func(digits int) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return inv.Meter.Work(int64(digits + lineWork))
	}
	m := bc.New(inv.Stdout, inv.Stderr, work, p.has("mathlib"))
	for _, name := range append(p.operands, "-") {
		shown := name
		if name == "-" {
			shown = "(standard_in)"
		}
		over := false
		err := oneInput(ctx, inv, name, func(_ string, r io.Reader) error {
			text, err := allOf(r)
			if err == nil {
				over, err = m.Run(text, shown)
			}
			return err
		})
		var wrong *bc.NotHereError
		switch {
		case ctx.Err() != nil:
			return interrupted
		case errors.As(err, &wrong):
			return complain(inv, 1, "%v", missing(wrong.What, "do it by hand"))
		case err != nil:
			return complain(inv, 1, "%s: %s", shown, fileError(err))
		case over:
			return 0
		}
	}
	return 0
}
