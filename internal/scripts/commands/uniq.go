package commands

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

var uniqOptions = []option{
	{'c', "count", noArgument}, {'d', "repeated", noArgument}, {'u', "unique", noArgument}, {'i', "ignore-case", noArgument},
	{'f', "skip-fields", needsArgument}, {'s', "skip-chars", needsArgument}, {'w', "check-chars", needsArgument},
}

// runUniq joins equal lines that follow one another.
// The counts of -c are seven columns wide. Each group prints its first line.
func runUniq(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], uniqOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	if len(p.operands) > 1 {
		return complain(inv, 1, "extra operand ‘%s’", p.operands[1])
	}
	group, count := "", 0
	flush := func() error {
		if count == 0 || p.has("repeated") && count < 2 || p.has("unique") && count > 1 {
			return nil
		}
		if p.has("count") {
			return write(inv.Stdout, fmt.Appendf(nil, "%7d %s\n", count, group))
		}
		return write(inv.Stdout, []byte(group+"\n"))
	}
	return eachInput(ctx, inv, p.operands, func(_ string, r io.Reader) error {
		err := eachLine(r, func(line string) error {
			if count > 0 && uniqKey(p, line) == uniqKey(p, group) {
				count++
				return nil
			}
			if err := flush(); err != nil {
				return err
			}
			group, count = line, 1
			return nil
		})
		if err != nil {
			return err
		}
		return flush()
	})
}

var leadingField = lazy.Regexp(`^[ \t]*[^ \t]*`)

// uniqKey is the part of a line that is compared: fields are skipped before characters, as -f and
// -s have it.
func uniqKey(p *parsed, line string) string {
	for range number(digitsOf(p.last("skip-fields"))) {
		if line == "" {
			break
		}
		line = line[len(leadingField().FindString(line)):]
	}
	line = line[min(len(line), number(digitsOf(p.last("skip-chars")))):]
	if p.has("check-chars") {
		line = line[:min(len(line), number(digitsOf(p.last("check-chars"))))]
	}
	if p.has("ignore-case") {
		line = strings.ToUpper(line)
	}
	return line
}
