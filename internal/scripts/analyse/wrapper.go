package analyse

import (
	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// readThrough makes of a line with a wrapper the line that the wrapper runs, with the profile that it names:
//
//	aws-vault exec prod -- aws s3 ls   becomes   AWS_PROFILE=prod aws s3 ls
//	assume prod                        becomes   export AWS_PROFILE=prod
//
// The account of a profile is verified before a call is sent, as for any other line.
func (a *Analyser) readThrough(file *syntax.File) {
	syntax.Walk(file, func(n syntax.Node) bool {
		s, ok := n.(*syntax.Stmt)
		if !ok {
			return true
		}
		c, ok := s.Cmd.(*syntax.CallExpr)
		for ok && len(c.Args) > 0 {
			texts := make([]string, len(c.Args))
			for i, word := range c.Args {
				texts[i] = literalParts(word)
			}
			through, wraps := commands.Through(texts, a.Wrappers)
			if !wraps {
				break
			}
			first := c.Args[0]
			profile := &syntax.Assign{Name: &syntax.Lit{ValuePos: first.Pos(), ValueEnd: first.End(), Value: "AWS_PROFILE"}}
			switch {
			case through.Named > 0:
				profile.Value = c.Args[through.Named]
			case through.Profile != "":
				text := &syntax.SglQuoted{Left: first.Pos(), Right: first.End(), Value: through.Profile}
				profile.Value = &syntax.Word{Parts: []syntax.WordPart{text}}
			}
			c.Args = c.Args[through.Command:]
			if profile.Value == nil {
				continue
			}
			if len(c.Args) > 0 {
				c.Assigns = append(c.Assigns, profile)
				continue
			}
			export := &syntax.Lit{ValuePos: first.Pos(), ValueEnd: first.End(), Value: "export"}
			s.Cmd = &syntax.DeclClause{Variant: export, Args: append(c.Assigns, profile)}
			return true
		}
		return true
	})
}
