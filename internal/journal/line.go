package journal

import (
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// PlannedLine is a planned call as one would type it.
func PlannedLine(c procedures.PlannedCall) string { return typed(c.Command, c.Args) }

// CallLine is a call that was made as one would type it.
func CallLine(c procedures.Call) string { return typed(c.Command, c.Args) }

// CallJudgement is what a call came to: by what the step expects, else by the rule of its operation, else by its status.
func CallJudgement(c procedures.Call) procedures.Judgement {
	switch {
	case c.Judgement != nil:
		return *c.Judgement
	case c.RuleVerdict != nil:
		return *c.RuleVerdict
	case c.Status != 0:
		return procedures.Judgement{Verdict: procedures.Errored, Reason: c.Error}
	}
	return procedures.Judgement{Verdict: procedures.Info}
}

// typed writes a call's words as one would type them.
func typed(command string, args []string) string {
	all := CommandWords(command, args)
	return strings.TrimSpace(all[0] + " " + shell.Quote(all[1:]))
}

// CommandWords are a call's whole command line: "aws" stands before the arguments of its calls, whose command is "service
// operation", and the program's name before those of any other.
func CommandWords(command string, args []string) []string {
	first, operation, _ := strings.Cut(command, " ")
	switch {
	case operation != "" && len(args) > 0 && args[0] == first:
		return append([]string{"aws"}, args...)
	case operation != "":
		return slices.Concat([]string{"aws"}, strings.Fields(command), args)
	}
	return append([]string{first}, args...)
}
