package analyse

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// Scripts that run on Linux and macOS have lines that only one of them can run: in branches that ask for the system, or one as the
// alternative of the other, as `stat -c %Y f || stat -f %m f`.

// sameCommand reports whether two statements begin with the same command.
func sameCommand(x, y *syntax.Stmt) bool {
	first := firstCall(x)
	return first != "" && first == firstCall(y)
}

// firstCall is the name of the command that a statement begins with; "" where it is none.
func firstCall(s *syntax.Stmt) string {
	name := ""
	syntax.Walk(s, func(n syntax.Node) bool {
		if c, ok := n.(*syntax.CallExpr); ok && name == "" && len(c.Args) > 0 {
			name = shell.CallName(c)
		}
		return name == ""
	})
	return name
}

// asksSystem reports whether a condition, or what a case compares, tells one system from another.
func asksSystem[N *syntax.Word | []*syntax.Stmt](of N) bool {
	asks := false
	look := func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.ParamExp:
			asks = asks || n.Param != nil && (n.Param.Value == "OSTYPE" || n.Param.Value == "MACHTYPE")
		case *syntax.CallExpr:
			name := shell.CallName(n)
			asks = asks || name == "uname" || name == "sw_vers"
			for _, arg := range n.Args {
				asks = asks || arg.Lit() == "--version" || strings.HasPrefix(name, "command") && arg.Lit() == "sw_vers"
			}
		}
		return !asks
	}
	switch of := any(of).(type) {
	case *syntax.Word:
		syntax.Walk(of, look)
	case []*syntax.Stmt:
		for _, s := range of {
			syntax.Walk(s, look)
		}
	}
	return asks
}
