package runbook

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
)

// checker finds what is wrong with a procedure as a whole: what its steps name and
// nobody supplies, what does not wait, what stands beside what.
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
}

// entered is a change of the folder that stays.
type entered struct {
	step   *procedures.Step
	folder string
	line   int
}

// elsewhere says of a relative name that an earlier step has changed the folder; empty when none has.
func (c *checker) elsewhere() string {
	if c.entered == nil || c.entered.step == c.step {
		return ""
	}
	return fmt.Sprintf(" Line %d went into %s and did not come back: it is looked for there.", c.entered.line, c.entered.folder)
}

// check adds the mistakes that need the whole library, or several steps, to be seen.
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
	for _, s := range p.Steps {
		s.Findings = procedures.SortFindings(s.Findings)
	}
}

func (c *checker) add(severity procedures.Severity, rule string, at syntax.Pos, format string, args ...any) {
	line, column := c.step.Line, 1
	if at.IsValid() {
		line, column = c.step.Script.Line+int(at.Line())-1, int(at.Col())
	}
	m := procedures.Finding{File: c.p.File, Line: line, Column: column, Severity: severity, Rule: rule, Message: fmt.Sprintf(format, args...)}
	c.step.Findings = append(c.step.Findings, m)
	c.p.Findings = append(c.p.Findings, m)
}

func (c *checker) statement(n syntax.Node) bool {
	switch n := n.(type) {
	case *syntax.Redirect:
		if n.Word != nil && n.Hdoc == nil {
			c.made = append(c.made, path.Clean(n.Word.Lit()))
		}
	case *syntax.WhileClause:
		if endless(n) {
			c.add(procedures.SeverityNote, "no-end", n.Pos(), "this loop has no end: somebody has to cancel the step")
		}
	case *syntax.CallExpr:
		c.call(n)
	}
	return true
}

// endless reports `while true` without a way out.
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
func (c *checker) call(call *syntax.CallExpr) {
	if len(call.Args) == 0 {
		return
	}
	words := make([]string, len(call.Args))
	for i, w := range call.Args {
		words[i] = wordText(w)
	}
	name, at := words[0], call.Pos()
	switch name {
	case "aws":
		c.awsFiles(call, words)
		return
	case "gh":
		if len(words) > 2 && words[1] == "workflow" && words[2] == "run" {
			if !strings.Contains(c.step.Script.Text, "gh run watch") {
				c.add(procedures.SeverityNote, "does-not-wait", at, "`gh workflow run` starts the workflow and does not wait: the next step meets the old version. `gh run watch --exit-status` waits")
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
			last := words[len(words)-1]
			c.made = append(c.made, strings.TrimSuffix(path.Base(last), ".git"))
		}
		return
	case "curl", "wget", "echo", "printf", "grep", "sed", "awk", "test", "[", "export", "ssh", "scp", "rsync", "find", "rm", "ls", "head", "tail", "cut", "dig", "jq":
		return
	case "cd", "pushd":
		if len(words) > 1 {
			c.folder(words[1], call.Args[1].Pos())
			if c.step.Analysis.Folder {
				c.entered = &entered{step: c.step, folder: words[1], line: c.step.Script.Line + int(at.Line()) - 1}
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

// bake looks at what a bake carries out. watch that is no step of its own is a program without an end; it runs what its argument says.
func (c *checker) bake(call *syntax.CallExpr, words []string) {
	if b := c.step.Bake; b != nil {
		if b.For == 0 {
			c.add(procedures.SeverityNote, "no-end", call.Pos(), "`watch` has no end: somebody has to end the step. A time in the comment over it, such as \"Monitor for 15 minutes\", ends it too")
		}
		if inner, err := parseShell(b.Command.Text); err == nil {
			syntax.Walk(inner, c.statement)
		}
		return
	}
	if words[0] == "bake" {
		return // refused, with the reason
	}
	c.add(procedures.SeverityNote, "no-end", call.Pos(), "`watch` has no end: somebody has to cancel the step. In a step of its own it is a bake, with a countdown and a verdict")
	for i, w := range words[1:] {
		inner, err := parseShell(w + "\n")
		if err != nil || strings.HasPrefix(w, "-") || w == "" {
			continue
		}
		if len(inner.Stmts) == 1 {
			if called, ok := inner.Stmts[0].Cmd.(*syntax.CallExpr); ok && len(called.Args) > 0 && strings.Contains(called.Args[0].Lit(), "/") {
				c.script(called.Args[0].Lit(), call.Args[i+1].Pos())
			}
		}
	}
}

var (
	scriptArgument = regexp.MustCompile(`^(?:\./)?[\w.-]+(?:/[\w.-]+)*\.(?:py|sh|bash|js|mjs|ts|rb|pl|php|sql)$`)
	fileArgument   = regexp.MustCompile(`^(?:\./)?[\w.-]+(?:/[\w.-]+)+\.(?:ya?ml|json|tf|tfvars|sql|toml|conf|cfg|csv|txt|xml|pem|env|py|sh|js)$`)
	folderArgument = regexp.MustCompile(`^(?:\./)?[\w.-]*[A-Za-z][\w.-]*(?:/[\w.-]+)*/$`)
	interpreters   = setOf("python python3 bash sh node ruby perl php source . zsh deno ts-node psql mysql")
	outputOptions  = setOf("o output out outfile output-file target dest destination d name t tag w workdir")
)

// arguments looks for files and folders that a program is given.
func (c *checker) arguments(call *syntax.CallExpr, words []string) {
	option := ""
	for i, w := range words[1:] {
		at := call.Args[i+1].Pos()
		previous := option
		option = ""
		if strings.HasPrefix(w, "-") {
			option = strings.TrimLeft(w, "-")
			continue
		}
		switch {
		case outputOptions[previous]:
			c.made = append(c.made, path.Clean(w))
		case interpreters[words[0]] && scriptArgument.MatchString(w):
			c.script(w, at)
		case fileArgument.MatchString(w):
			c.file(w, at)
		case folderArgument.MatchString(w) && words[0] != "docker" && words[0] != "git":
			c.folder(w, at)
		}
	}
}

// awsFiles looks for file:// and fileb:// arguments.
func (c *checker) awsFiles(call *syntax.CallExpr, words []string) {
	for i, w := range words {
		for _, scheme := range []string{"file://", "fileb://"} {
			if at := strings.Index(w, scheme); at >= 0 {
				name := w[at+len(scheme):]
				if end := strings.IndexAny(name, ", ]}"); end >= 0 {
					name = name[:end]
				}
				c.file(name, call.Args[i].Pos())
			}
		}
	}
}

// supplied reports whether a name is there: as a file beside the runbooks, or made by an earlier step.
// Absolute names, and those with variables or placeholders, are somebody else's to know.
func (c *checker) supplied(name string) bool {
	if name == "" || strings.ContainsAny(name, "$*?~\\") || strings.HasPrefix(name, "/") || strings.HasPrefix(name, "-") ||
		strings.HasPrefix(name, "..") || strings.ContainsFunc(name, func(r rune) bool { return r >= firstSentinel && r <= lastSentinel }) || c.seen[name] {
		return true
	}
	clean := path.Clean(name)
	for _, candidate := range []string{clean, path.Join(path.Dir(c.p.File), clean)} {
		if !fs.ValidPath(candidate) {
			return true
		}
		if _, err := fs.Stat(c.fsys, candidate); err == nil {
			return true
		}
	}
	for _, made := range c.made {
		if made == clean || strings.HasPrefix(clean, made+"/") && made != "." || strings.HasPrefix(made, clean+"/") {
			return true
		}
	}
	return false
}

const notSupplied = "rehearsed on the sandbox; a real account needs it in the environment's workspace"

func (c *checker) script(name string, at syntax.Pos) {
	if _, ok := c.lib.scriptFile(name); ok || c.supplied(name) || path.IsAbs(name) {
		return
	}
	c.seen[name] = true
	c.add(procedures.SeverityWarning, "not-supplied", at, "the script %s is named, but not supplied by a heading or a file beside the runbooks: %s.%s", name, notSupplied, c.elsewhere())
}

func (c *checker) file(name string, at syntax.Pos) {
	if c.supplied(name) || slices.Contains(c.step.Analysis.Writes, name) {
		return
	}
	c.seen[name] = true
	c.add(procedures.SeverityWarning, "not-supplied", at, "the file %s is named, but not supplied beside the runbooks: %s.%s", name, notSupplied, c.elsewhere())
}

// workflow looks for a workflow file of GitHub's where gh looks for it.
func (c *checker) workflow(name string, at syntax.Pos) {
	if !strings.HasSuffix(name, ".yml") && !strings.HasSuffix(name, ".yaml") || c.seen[name] || c.supplied(path.Join(".github/workflows", name)) {
		return
	}
	c.seen[name] = true
	c.add(procedures.SeverityWarning, "not-supplied", at, "the workflow %s is named, but not supplied in .github/workflows beside the runbooks: %s.%s", name, notSupplied, c.elsewhere())
}

func (c *checker) folder(name string, at syntax.Pos) {
	if name == "." || name == "-" || c.supplied(name) {
		return
	}
	c.seen[name] = true
	c.add(procedures.SeverityWarning, "not-supplied", at, "the folder %s is named, but not supplied beside the runbooks: %s.%s", name, notSupplied, c.elsewhere())
}

// alternative says of two ways to the same end that one is enough.
func (c *checker) alternative(i int) {
	if i == 0 || !c.step.Alternative {
		return
	}
	other := c.p.Steps[i-1]
	if other.Kind != procedures.KindScript {
		return
	}
	message := fmt.Sprintf("this is an alternative to %q (line %d): one of them is chosen, and neither is part of running all", other.Title, other.Line)
	also := ""
	switch {
	case slices.Contains(c.step.Analysis.Calls, "dynamodb update-table") && slices.Contains(other.Analysis.Calls, "dynamodb update-table"):
		also = ". One right after the other is refused: the table is UPDATING after the first"
	case c.step.Effect().Changes() && other.Effect().Changes():
		also = ". One right after the other does not do: what the first one changed may still be changing, and refuses"
	}
	message += also
	c.add(procedures.SeverityWarning, "alternative", syntax.Pos{}, "%s", message)
	first := c.step
	c.step = other
	c.add(procedures.SeverityWarning, "alternative", syntax.Pos{}, "%q (line %d) is an alternative to this: one of them is chosen, and neither is part of running all%s", first.Title, first.Line, also)
	c.step = first
}

var waits = regexp.MustCompile(`\bwait\b|\bsleep\b|\buntil\b|\bwhile\b|rollout status|--wait\b|\bwatch\b|\bbake\b`)

func isSlow(call procedures.PlannedCall) bool { return call.Slow }

// afterChange says where a step relies on a change that was only begun by the step before it.
func (c *checker) afterChange(i int) {
	var before *procedures.Step
	for k := i - 1; k >= 0; k-- {
		if s := c.p.Steps[k]; s.Countdown > 0 || waits.MatchString(s.Script.Text) {
			return
		} else if slices.ContainsFunc(s.Analysis.Detail, isSlow) {
			before = s
			break
		}
	}
	if before == nil || c.step.Alternative || waits.MatchString(c.step.Script.Text) {
		return
	}
	for _, d := range before.Analysis.Detail {
		if d.Resource != "" && d.Slow && strings.Contains(c.step.Script.Text, d.Resource) {
			c.tooEarly(before, d.Command, d.Resource)
			return
		}
	}
	for _, name := range namesOf(before.Script.Text) {
		if strings.Contains(c.step.Script.Text, name) {
			call := before.Analysis.Detail[slices.IndexFunc(before.Analysis.Detail, isSlow)]
			c.tooEarly(before, call.Command, name)
			return
		}
	}
}

// waitedFor drops the note that a change is answered before it is done where the page waits for it, before it changes anything else.
func (c *checker) waitedFor(i int) {
	for _, next := range c.p.Steps[i+1:] {
		if next.Effect().Changes() {
			return
		}
		if next.Annotations.Until != "" || next.Countdown > 0 || waits.MatchString(next.Script.Text) {
			answered := func(m procedures.Finding) bool {
				return m.Rule == "asynchronous" && m.Line >= c.step.Script.Line && m.Line < c.step.Script.Line+strings.Count(c.step.Script.Text, "\n")
			}
			c.step.Findings = slices.DeleteFunc(c.step.Findings, answered)
			c.p.Findings = slices.DeleteFunc(c.p.Findings, answered)
			return
		}
	}
}

func (c *checker) tooEarly(before *procedures.Step, call, name string) {
	at := syntax.Pos{}
	line := c.step.Script.Text
	if i := strings.Index(line, name); i >= 0 {
		if file, err := parseShell(line); err == nil {
			for _, s := range file.Stmts {
				if int(s.Pos().Offset()) <= i && i < int(s.End().Offset()) {
					at = s.Pos()
				}
			}
		}
	}
	if c.step.Effect() == procedures.EffectDestroy {
		c.add(procedures.SeverityWarning, "not-finished", at, "%s is taken away here: `%s` (line %d) may still be at work on it, and what came between must have passed. Wait for it, and never delete after a verification that failed", name, call, before.Line)
		return
	}
	c.add(procedures.SeverityWarning, "not-finished", at, "`%s` (line %d) is answered before %s is ready: wait for it before relying on it", call, before.Line, name)
}

var nameOption = regexp.MustCompile(`--[a-z-]*(?:name|id|identifier|arn|table|cluster|service)s?[= ]+["']?([A-Za-z0-9][\w./:-]{5,})`)

// namesOf returns the names that a step's options give, the longest first.
func namesOf(text string) []string {
	var names []string
	for _, m := range nameOption.FindAllStringSubmatch(text, -1) {
		if !strings.HasPrefix(m[1], "arn:") && !strings.HasPrefix(m[1], "file:") {
			names = append(names, m[1])
		}
	}
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) })
	return names
}
