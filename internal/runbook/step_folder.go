package runbook

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
)

// entered is a change of the folder that stays.
type entered struct {
	step   *procedures.Step
	folder string
	at     syntax.Pos
}

// pathName is a relative path that a step names.
type pathName struct {
	path  string
	step  *procedures.Step
	line  int
	under *entered // the folder that an earlier step has left it in; nil for the run's own
}

// names keeps a relative path that is known beforehand.
func (c *checker) names(name string, at syntax.Pos) {
	clean := path.Clean(name)
	if !fs.ValidPath(clean) || clean == "." || strings.ContainsAny(name, "$*?~<\\") {
		return
	}
	n := pathName{path: clean, step: c.step, line: c.step.Script.Line + int(at.Line()) - 1}
	if c.entered != nil && c.entered.step != c.step {
		n.under = c.entered
	}
	c.paths = append(c.paths, n)
}

// elsewhere says of a relative name that an earlier step has changed the folder; empty when none has.
func (c *checker) elsewhere() string {
	if c.entered == nil || c.entered.step == c.step {
		return ""
	}
	return fmt.Sprintf(" Line %d changed the folder to %s and did not change back, so the name is looked up there.",
		c.entered.line(), c.entered.folder)
}

func (e *entered) line() int { return e.step.Script.Line + int(e.at.Line()) - 1 }

// folders says where a folder that was entered stays entered, and a later path is meant from where the procedure began: it leads to that
// folder again, or begins as paths do that were named where nothing had been entered. A path that may well lie in that folder is none.
func (c *checker) folders() {
	roots := map[string]bool{}
	first := func(name string) string { name, _, _ = strings.Cut(name, "/"); return name }
	for name := range c.lib.scripts {
		roots[first(path.Clean(name))] = true
	}
	for _, n := range c.paths {
		if n.under == nil && strings.Contains(n.path, "/") {
			roots[first(n.path)] = true
		}
	}
	for _, n := range c.paths {
		if n.under == nil || !fs.ValidPath(n.under.folder) || c.seen[n.under.folder+" stays"] {
			continue
		}
		again := n.path == n.under.folder || strings.HasPrefix(n.path, n.under.folder+"/")
		if !again && (!roots[first(n.path)] || first(n.path) == first(n.under.folder)) {
			continue
		}
		if _, err := fs.Stat(c.fsys, path.Join(n.under.folder, n.path)); err == nil {
			continue
		}
		c.seen[n.under.folder+" stays"] = true
		c.step = n.under.step
		c.addOf("cd "+n.under.folder, procedures.SeverityWarning, "folder-stays", n.under.at,
			"the folder stays changed for everything after this, so later paths are wrong: %s on line %d is looked up in %s. "+
				"Put what belongs together in parentheses: (cd … && …)", n.path, n.line, n.under.folder)
	}
}
