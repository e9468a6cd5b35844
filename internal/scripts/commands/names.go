package commands

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

var basenameOptions = []option{{'a', "multiple", noArgument}, {'s', "suffix", needsArgument}, {'z', "zero", noArgument}}

// runBasename strips folders, and a suffix, from names.
// As POSIX has it, a suffix is not removed from a name that is nothing else. With -a or -s every
// operand is a name.
func runBasename(_ context.Context, inv *procedures.Invocation) int {
	args := slices.Clone(inv.Args[1:])
	if at := firstOperand(inv.Args[0], args, basenameOptions); at < len(args) && args[at] != "--" {
		args = slices.Insert(args, at, "--") // what stands behind a name is none of its options
	}
	p, err := parseOptions(inv.Args[0], args, basenameOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	names, suffix := p.operands, p.last("suffix")
	switch {
	case len(names) == 0:
		return complain(inv, 1, "missing operand")
	case p.has("multiple") || p.has("suffix"):
	case len(names) > 2:
		return complain(inv, 1, "extra operand ‘%s’", names[2])
	case len(names) == 2:
		names, suffix = names[:1], names[1]
	}
	for i, name := range names {
		base := name
		if name != "" {
			base = path.Base(name)
		}
		if base != suffix {
			base = strings.TrimSuffix(base, suffix)
		}
		names[i] = base
	}
	return printNames(inv, p, names)
}

var dirnameOptions = []option{{'z', "zero", noArgument}}

// runDirname strips the last part from names.
// A name without a slash is in "."; slashes at the end do not count.
func runDirname(_ context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], dirnameOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	if len(p.operands) == 0 {
		return complain(inv, 1, "missing operand")
	}
	for i, name := range p.operands {
		trimmed := strings.TrimRight(name, "/")
		at := strings.LastIndexByte(trimmed, '/')
		switch {
		case trimmed == "" && name != "":
			p.operands[i] = "/"
		case at < 0:
			p.operands[i] = "."
		default:
			if p.operands[i] = strings.TrimRight(trimmed[:at], "/"); p.operands[i] == "" {
				p.operands[i] = "/"
			}
		}
	}
	return printNames(inv, p, p.operands)
}

// printNames ends each name with a newline, or with -z a zero byte.
func printNames(inv *procedures.Invocation, p *parsed, names []string) int {
	end := "\n"
	if p.has("zero") {
		end = "\x00"
	}
	if err := write(inv.Stdout, []byte(strings.Join(names, end)+end)); err != nil {
		return 1
	}
	return 0
}
