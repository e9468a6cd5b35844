package commands

import (
	"context"
	"runtime"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

var unameOptions = []option{
	{'a', "all", noArgument}, {'s', "kernel-name", noArgument}, {'n', "nodename", noArgument}, {'r', "kernel-release", noArgument},
	{'v', "kernel-version", noArgument}, {'m', "machine", noArgument}, {'p', "processor", noArgument},
	{'i', "hardware-platform", noArgument},
	{'o', "operating-system", noArgument},
}

// runUname says what a script runs on: Linux of this machine's kind. Its name and its kernel are not the script's business, and are
// refused.
func runUname(_ context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[1:], unameOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	if len(p.operands) > 0 {
		return complain(inv, 1, "extra operand ‘%s’", p.operands[0])
	}
	for _, name := range []string{"all", "nodename", "kernel-release", "kernel-version", "processor", "hardware-platform"} {
		if p.has(name) {
			return complain(inv, 1, "--%s is not here yet: a script does not know the machine of the server; -s, -m and -o are there", name)
		}
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
