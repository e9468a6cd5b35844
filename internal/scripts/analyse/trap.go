package analyse

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// trap reads the commands that a trap takes as a part of the script.
func (w *walker) trap(c *syntax.CallExpr, words []procedures.Word) {
	if len(words) < 3 || words[1].Text == "" || strings.HasPrefix(words[1].Text, "-") {
		return
	}
	for _, spec := range words[2:] {
		if name := strings.ToUpper(spec.Text); name == "DEBUG" || name == "RETURN" {
			w.refuse(c, "a trap of %s is not supported here.", name)
		}
	}
	text, ok := "", len(c.Args) > 1
	if ok {
		text, ok = trapText(c.Args[1])
	}
	if !ok {
		w.refuse(c, "the commands of a trap are written out, as text in '…' or \"…\": what is computed was not checked.")
		return
	}
	script := procedures.Script{Text: text, File: w.script.File, Line: shell.LineOf(w.script, c.Pos())}
	file, err := shell.Parse(script)
	if err != nil {
		w.refuse(c, "the commands of a trap cannot be parsed: %s.", err)
		return
	}
	syntax.Walk(file, func(n syntax.Node) bool {
		if call, ok := n.(*syntax.CallExpr); ok && len(call.Args) > 0 && strings.Contains(call.Args[0].Lit(), trapValue) {
			w.refuse(c, "the commands of a trap would be a value; put them in '…'.")
		}
		return true
	})
	// What does not run in a trap takes the statement with it that sets the trap.
	w.innerText(c, file, script, false)
}

// trapValue stands for a value in the commands of a trap.
const trapValue = "opsbook-value"

// trapText are the commands of a trap: what is between the quotes, with trapValue in place of variables.
func trapText(word *syntax.Word) (string, bool) {
	var b strings.Builder
	for _, part := range word.Parts {
		switch p := part.(type) {
		case *syntax.Lit:
			b.WriteString(p.Value)
		case *syntax.SglQuoted:
			if p.Dollar {
				return "", false
			}
			b.WriteString(p.Value)
		case *syntax.DblQuoted:
			for _, inner := range p.Parts {
				switch inner := inner.(type) {
				case *syntax.Lit:
					b.WriteString(strings.NewReplacer(`\\`, `\`, `\$`, `$`, `\"`, `"`, "\\`", "`").Replace(inner.Value))
				case *syntax.ParamExp:
					b.WriteString(trapValue)
				default:
					return "", false
				}
			}
		case *syntax.ParamExp:
			b.WriteString(trapValue)
		default:
			return "", false
		}
	}
	return b.String(), true
}
