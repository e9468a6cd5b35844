package runs

import (
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts"
)

// Line is a planned call as one would type it.
func Line(c procedures.PlannedCall) string { return typed(c.Command, c.Args) }

// CallLine is a call that was made as one would type it.
func CallLine(c procedures.Call) string { return typed(c.Command, c.Args) }

// typed puts "aws" before the arguments of its calls, whose command is "service operation", and the program's
// name before those of any other.
func typed(command string, args []string) string {
	first, operation, _ := strings.Cut(command, " ")
	if operation != "" && len(args) > 0 && args[0] == first {
		return "aws " + scripts.Line(args)
	}
	if operation != "" {
		return "aws " + command + " " + scripts.Line(args)
	}
	return strings.TrimSpace(first + " " + scripts.Line(args))
}
