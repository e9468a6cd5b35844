package runbook

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
)

// checker finds what is wrong with a procedure as a whole: what its steps name and
// nobody supplies, what does not wait, what stands beside what.
// It is used for one procedure; its steps are checked in their order.
type checker struct {
	lib  *Library
	fsys fs.FS
	p    *procedures.Procedure
	step *procedures.Step
	// made are the files and folders that earlier steps make.
	made []string
	seen map[string]bool
	// entered is the folder that an earlier step went into and did not leave; nil for none.
	entered *entered
	// clones are the folders of repositories that the steps clone: what is in them is not known. cloning says that the name of one is not
	// known, either: it is the next folder that is entered.
	clones  []string
	cloning bool
	paths   []pathName // the relative paths of all steps, in their order
}

// check adds the findings that need the whole library, or several steps, to be seen.
func (lib *Library) check(fsys fs.FS, p *procedures.Procedure) {
	c := &checker{lib: lib, fsys: fsys, p: p, seen: map[string]bool{}}
	for i, s := range p.Steps {
		if s.Script.Text == "" {
			continue
		}
		c.step = s
		file, err := parseShell(s.Script.Text)
		if err != nil {
			continue
		}
		syntax.Walk(file, c.statement)
		c.alternative(i)
		c.afterChange(i)
		c.waitedFor(i)
	}
	c.folders()
	for _, s := range p.Steps {
		s.Findings = procedures.SortFindings(s.Findings)
	}
}

// A place that is not valid is the step's first line.
func (c *checker) add(severity procedures.Severity, rule string, at syntax.Pos, format string, args ...any) {
	c.addOf("", severity, rule, at, format, args...)
}

// addOf says it of something that has a name.
func (c *checker) addOf(about string, severity procedures.Severity, rule string, at syntax.Pos, format string, args ...any) {
	line, column := c.step.Line, 1
	if at.IsValid() {
		line, column = c.step.Script.Line+int(at.Line())-1, int(at.Col())
	}
	m := procedures.Finding{
		File: c.p.File, Line: line, Column: column, Severity: severity, Rule: rule, Message: fmt.Sprintf(format, args...), About: about,
	}
	c.step.Findings = append(c.step.Findings, m)
	c.p.Findings = append(c.p.Findings, m)
}

// statement is for syntax.Walk: it always goes into the node.
func (c *checker) statement(n syntax.Node) bool {
	switch n := n.(type) {
	case *syntax.Redirect:
		if n.Word != nil && n.Hdoc == nil {
			c.made = append(c.made, path.Clean(n.Word.Lit()))
			c.absolute(wordText(n.Word), n.Word.Pos())
		}
	case *syntax.WhileClause:
		if endless(n) {
			c.add(procedures.SeverityNote, "no-end", n.Pos(), "this loop has no end: you have to cancel the step")
		}
	case *syntax.CallExpr:
		c.call(n)
	}
	return true
}

// endless reports `while true` without a way out.
// A break, exit or return anywhere in the loop counts as a way out.
func endless(n *syntax.WhileClause) bool {
	if len(n.Cond) != 1 || n.Until {
		return false
	}
	call, ok := n.Cond[0].Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) != 1 || call.Args[0].Lit() != "true" && call.Args[0].Lit() != ":" {
		return false
	}
	out := false
	for _, s := range n.Do {
		syntax.Walk(s, func(n syntax.Node) bool {
			if c, ok := n.(*syntax.CallExpr); ok && len(c.Args) > 0 {
				switch c.Args[0].Lit() {
				case "break", "exit", "return":
					out = true
				}
			}
			return true
		})
	}
	return !out
}

// call looks at one command line.
// Programs whose arguments are no files of the workspace are passed over; mkdir, cp, git clone and
// their like make files for later steps.
func (c *checker) call(call *syntax.CallExpr) {
	if len(call.Args) == 0 {
		return
	}
	words := make([]string, len(call.Args))
	for i, w := range call.Args {
		words[i] = wordText(w)
	}
	name, at := words[0], call.Pos()
	c.programs(call, words)
	if filters[name] {
		for i, w := range words[1:] {
			c.absolute(w, call.Args[i+1].Pos())
		}
	}
	switch name {
	case "aws":
		c.awsFiles(call, words)
		return
	case "gh":
		if len(words) > 2 && words[1] == "workflow" && words[2] == "run" {
			if !strings.Contains(c.step.Script.Text, "gh run watch") {
				c.add(procedures.SeverityNote, "does-not-wait", at,
					"`gh workflow run` starts the workflow and does not wait: the next step may see the old version. "+
						"`gh run watch --exit-status` waits")
			}
			if len(words) > 3 {
				c.workflow(words[3], call.Args[3].Pos())
			}
		}
		return
	case "bake", "watch":
		c.bake(call, words)
		return
	case "mkdir", "touch", "tee", "cp", "mv", "unzip", "tar", "ln":
		for _, w := range words[1:] {
			c.made = append(c.made, path.Clean(w))
		}
		return
	case "git":
		if len(words) > 2 && words[1] == "clone" {
			c.clone(words)
		}
		return
	case "curl", "wget", "echo", "printf", "grep", "sed", "awk", "test", "[", "export", "ssh", "scp", "rsync", "find",
		"rm", "ls", "head", "tail", "cut", "dig", "jq":
		return
	case "cd", "pushd":
		if len(words) > 1 {
			if c.cloning || c.entered != nil && c.cloned(c.entered.folder) && !strings.HasPrefix(words[1], "..") {
				c.cloning, c.clones = false, append(c.clones, path.Clean(words[1]))
			}
			c.folder(words[1], call.Args[1].Pos())
			if c.step.Analysis.Folder {
				c.entered = &entered{step: c.step, folder: path.Clean(words[1]), at: at}
			}
		}
		return
	}
	if strings.Contains(name, "/") {
		c.script(name, at)
	}
	c.arguments(call, words)
}

// wordText is a word's text without quotes, or "" when it is not known beforehand.
func wordText(w *syntax.Word) string {
	if lit := w.Lit(); lit != "" {
		return lit
	}
	var b strings.Builder
	for _, part := range w.Parts {
		switch part := part.(type) {
		case *syntax.Lit:
			b.WriteString(part.Value)
		case *syntax.SglQuoted:
			b.WriteString(part.Value)
		case *syntax.DblQuoted:
			for _, inner := range part.Parts {
				l, ok := inner.(*syntax.Lit)
				if !ok {
					return ""
				}
				b.WriteString(l.Value)
			}
		default:
			return ""
		}
	}
	return b.String()
}

// bake looks at what a bake runs. watch that is no step of its own is a program without an end; it runs what its argument says.
func (c *checker) bake(call *syntax.CallExpr, words []string) {
	if b := c.step.Bake; b != nil {
		if b.For == 0 {
			c.add(procedures.SeverityNote, "no-end", call.Pos(),
				"`watch` has no end: you have to end the step. A time in the comment above it, such as \"Monitor "+
					"for 15 minutes\", ends it too")
		}
		if inner, err := parseShell(b.Command.Text); err == nil {
			syntax.Walk(inner, c.statement)
		}
		return
	}
	if words[0] == "bake" {
		return // refused, with the reason
	}
	c.add(procedures.SeverityNote, "no-end", call.Pos(),
		"`watch` has no end: you have to cancel the step. In a step of its own it is a bake, with a countdown and a verdict")
	for i, w := range words[1:] {
		inner, err := parseShell(w + "\n")
		if err != nil || strings.HasPrefix(w, "-") || w == "" {
			continue
		}
		if len(inner.Stmts) == 1 {
			if called, ok := inner.Stmts[0].Cmd.(*syntax.CallExpr); ok && len(called.Args) > 0 &&
				strings.Contains(called.Args[0].Lit(), "/") {
				c.script(called.Args[0].Lit(), call.Args[i+1].Pos())
			}
		}
	}
}

// alternative says of two ways to the same end that one right after the other fails: both begin one change that takes its time.
// Both steps have the finding, as either may be read first. That neither is part of Run all is what their page shows.
func (c *checker) alternative(i int) {
	if i == 0 || !c.step.Alternative {
		return
	}
	other := c.p.Steps[i-1]
	at := slices.IndexFunc(other.Analysis.Detail, func(d procedures.PlannedCall) bool {
		return d.Slow && slices.ContainsFunc(c.step.Analysis.Detail, func(e procedures.PlannedCall) bool {
			return e.Command == d.Command && e.Resource == d.Resource
		})
	})
	if at < 0 {
		return
	}
	also := fmt.Sprintf("choose one of them; neither is part of “Run all”. Running one right after the other fails: "+
		"the first `%s` is still in progress", other.Analysis.Detail[at].Command)
	if other.Analysis.Detail[at].Command == "dynamodb update-table" {
		also += ", and the table is UPDATING"
	}
	c.add(procedures.SeverityWarning, "alternative", syntax.Pos{},
		"this is an alternative to %q (line %d): %s", other.Title, other.Line, also)
	first := c.step
	c.step = other
	c.add(procedures.SeverityWarning, "alternative", syntax.Pos{},
		"%q (line %d) is an alternative to this: %s", first.Title, first.Line, also)
	c.step = first
}
