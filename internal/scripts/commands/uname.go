package commands

import (
	"context"
	"runtime"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

var unameOptions = []option{
	{'s', "kernel-name", noArgument}, {'m', "machine", noArgument}, {'o', "operating-system", noArgument},
}

// runUname says what a script runs on: Linux of this machine's kind. Its name and its kernel are not the script's business, and are
// refused.
func runUname(_ context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], unameOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	if len(p.operands) > 0 {
		return complain(inv, 1, "extra operand ‘%s’", p.operands[0])
	}
	machine := map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH]
	if machine == "" {
		machine = runtime.GOARCH
	}
	var out []string
	for _, part := range [][2]string{{"kernel-name", "Linux"}, {"machine", machine}, {"operating-system", "GNU/Linux"}} {
		if p.has(part[0]) || len(p.order) == 0 && part[0] == "kernel-name" {
			out = append(out, part[1])
		}
	}
	if write(inv.Stdout, []byte(strings.Join(out, " ")+"\n")) != nil {
		return 1
	}
	return 0
}
