package analyse

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// quotedVariable is a variable, as people write those of the shell, that is a part of a text by itself: not the middle of a password.
var quotedVariable = lazy.Regexp(`(^|[/:=,"\s])(\$\{[A-Z][A-Z0-9_]+\}|\$[A-Z][A-Z0-9_]+)($|[/:=,"\s.-])`)

// ownDollars are names with a dollar sign that AWS has itself.
var ownDollars = []string{"$LATEST", "$DEFAULT"}

// elsewhere are options whose text another shell, or another language, reads: what a dollar sign means there is its business.
var elsewhere = []string{
	"--query", "--query-string", "--filter-pattern", "--parameters", "--user-data", "--command", "--commands", "--template-body",
	"--definition", "--template", "--request-templates", "--response-templates", "--mapping-template", "--code", "--buildspec-override",
}

// singleQuoted says of '$NAME' in a call that single quotes keep the dollar sign: the text is sent, and not the variable's value.
func (w *walker) singleQuoted(c *syntax.CallExpr) {
	if shell.CallName(c) != "aws" {
		return
	}
	option := ""
	for _, arg := range c.Args {
		if text := arg.Lit(); strings.HasPrefix(text, "--") {
			option = text
			continue
		}
		for _, part := range arg.Parts {
			q, ok := part.(*syntax.SglQuoted)
			if !ok || q.Dollar || slices.Contains(elsewhere, option) {
				continue
			}
			m := quotedVariable().FindStringSubmatchIndex(q.Value)
			if m == nil || slices.Contains(ownDollars, q.Value[m[4]:m[5]]) {
				continue
			}
			from, to := int(c.Args[0].Pos().Offset()), int(c.Args[len(c.Args)-1].End().Offset())
			start, end := int(q.Pos().Offset()), int(q.End().Offset())
			w.lineFinding(c, procedures.Finding{
				Line: shell.LineOf(w.script, q.Pos()), Column: int(q.Pos().Col()),
				Severity: procedures.SeverityWarning, Rule: "single-quotes",
				Message:   "single quotes keep " + q.Value[m[4]:m[5]] + " as it is: that text is sent, and not the value of the variable",
				Corrected: w.script.Text[from:start] + expanding(q.Value) + w.script.Text[end:to],
			})
			return
		}
	}
}

// expanding is a text of single quotes with its variables expanded: in double quotes, or, where it has such quotes itself, with each
// variable in quotes of its own.
func expanding(text string) string {
	if !strings.ContainsAny(text, "\"\\`") && strings.Count(text, "$") == len(quotedVariable().FindAllString(text, -1)) {
		return `"` + text + `"`
	}
	return "'" + quotedVariable().ReplaceAllString(text, `${1}'"${2}"'${3}`) + "'"
}
