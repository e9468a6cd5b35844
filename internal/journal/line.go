package journal

import (
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// PlannedLine is a planned call as one would type it.
func PlannedLine(c procedures.PlannedCall) string { return typed(c.Words()) }

// CallLine is a call that was made as one would type it.
func CallLine(c procedures.Call) string { return typed(c.Words()) }

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

// ChangeLine is the call of a change as one would type it.
func ChangeLine(c procedures.Change) string { return typed(c.Words()) }

// typed writes a command line as one would type it. The program's name stands as it is.
func typed(words []string) string { return strings.TrimSpace(words[0] + " " + shell.Quote(words[1:])) }
