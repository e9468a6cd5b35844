package runs

import (
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts"
)

// Line is a planned call as one would type it.
func Line(c procedures.PlannedCall) string { return "aws " + scripts.Line(c.Args) }

// CallLine is a call that was made as one would type it.
func CallLine(c procedures.Call) string {
	if len(c.Args) == 0 {
		return c.Command
	}
	words := c.Args
	first, _, _ := strings.Cut(c.Command, " ")
	if words[0] == first && first != c.Command { // a call of aws: its arguments begin with the service
		return "aws " + scripts.Line(words)
	}
	if words[0] == first {
		return scripts.Line(words)
	}
	return first + " " + scripts.Line(words)
}
