package procedures

import (
	"slices"
	"strings"
)

// Words are a planned call's whole command line, its program first.
func (c PlannedCall) Words() []string { return lineWords(c.Program, c.Command, c.Args) }

// Words are a call's whole command line, its program first.
func (c Call) Words() []string { return lineWords(c.Program, c.Command, c.Args) }

// Words are the whole command line of a change's call, its program first.
func (c Change) Words() []string { return lineWords(c.Program, c.Command, c.Args) }

func lineWords(program, command string, args []string) []string {
	if program != "" {
		return append([]string{program}, args...)
	}
	return formerWords(command, args)
}

// formerWords are the words of a call that was stored before calls named their program: those whose command is
// "service operation" were all calls of aws.
func formerWords(command string, args []string) []string {
	first, operation, _ := strings.Cut(command, " ")
	switch {
	case operation != "" && len(args) > 0 && args[0] == first:
		return append([]string{"aws"}, args...)
	case operation != "":
		return slices.Concat([]string{"aws"}, strings.Fields(command), args)
	}
	return append([]string{first}, args...)
}
