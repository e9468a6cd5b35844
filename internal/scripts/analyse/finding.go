package analyse

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// patterns finds what is wrong only with several commands together.
// The rule echo-escape is noted once in a script, as it is a habit of its writer.
func (w *walker) patterns(file *syntax.File) {
	floats := w.floats(file)
	said := map[string]bool{}
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.BinaryCmd:
			w.pipeOfText(file, n)
			w.hiddenError(n)
			w.cutTable(n)
		case *syntax.CallExpr:
			w.decimalTest(file, n, floats)
			w.braces(n)
			if name := shell.CallName(n); name == "echo" && !said["echo"] && echoesEscape(n) {
				said["echo"] = true
				start, end := w.lines(n)
				at := int(n.Args[1].Pos().Offset())
				w.find(n, procedures.SeverityNote, "echo-escape",
					`bash prints the backslash of echo "\n…" as it is; echo -e "\n…" makes a new line.`,
					strings.TrimSpace(w.script.Text[start:at]+"-e "+w.script.Text[at:end]))
			}
		}
		return true
	})
	w.sequence(file.Stmts)
	w.unreached(file)
	w.Analysis.AsksStatus = len(file.Stmts) > 0 && asksStatus(file.Stmts[0])
}

// find adds a finding at a node.
func (w *walker) find(n syntax.Node, severity procedures.Severity, rule, message, corrected string) {
	w.Analysis.Findings = append(w.Analysis.Findings, procedures.Finding{
		File: w.script.File, Line: shell.LineOf(w.script, n.Pos()), Column: int(n.Pos().Col()), Severity: severity,
		Rule: rule, Message: message, Corrected: corrected,
	})
}

// apiCall returns the call of an API that a statement is, or nil.
func (w *walker) apiCall(s *syntax.Stmt) *syntax.CallExpr {
	if s == nil {
		return nil
	}
	if c, ok := s.Cmd.(*syntax.CallExpr); ok && w.callsAPI(c) {
		return c
	}
	return nil
}

// callsAPI reports whether a command's line is a call of an API.
func (w *walker) callsAPI(c *syntax.CallExpr) bool {
	command, ok := w.analyser.Command(shell.CallName(c))
	return ok && Describe(command, w.reader.words(c.Args)).Call != nil
}

// texts are the words of a call as far as they are known: $(…) and ${NAME} stand for what is not.
func (w *walker) texts(c *syntax.CallExpr) []string {
	words := w.reader.words(c.Args)
	out := make([]string, len(words))
	for i := range words {
		out[i] = words[i].Text
	}
	return out
}

// optionOf returns the value of `--name value` or `--name=value`, or "".
func optionOf(args []string, name string) string {
	for i, a := range args {
		if a == name && i+1 < len(args) {
			return args[i+1]
		}
		if v, ok := strings.CutPrefix(a, name+"="); ok {
			return v
		}
	}
	return ""
}

// echoesEscape reports whether echo without -e prints a quoted text that begins or ends with \n.
func echoesEscape(c *syntax.CallExpr) bool {
	if len(c.Args) < 2 || c.Args[1].Lit() == "-e" || c.Args[1].Lit() == "-ne" || c.Args[1].Lit() == "-en" {
		return false
	}
	for _, arg := range c.Args[1:] {
		for _, p := range arg.Parts {
			if q, ok := p.(*syntax.DblQuoted); ok && len(q.Parts) > 0 {
				if l, ok := q.Parts[0].(*syntax.Lit); ok && strings.HasPrefix(l.Value, `\n`) {
					return true
				}
			}
			if q, ok := p.(*syntax.DblQuoted); ok && len(q.Parts) > 0 {
				if l, ok := q.Parts[len(q.Parts)-1].(*syntax.Lit); ok && strings.HasSuffix(l.Value, `\n`) {
					return true
				}
			}
		}
	}
	return false
}

// listQuery is a JMESPath query that gives a list: a[], a[*] or a[?…].
var listQuery = lazy.Regexp(`\[(\]|\*\]|\?)`)

// pipeOfText finds a list of scalars printed as text, which is one line, and read line by line.
// `aws … --query 'x[].y' --output text | while read y` runs its loop once:
// https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-output-format.html A query for lists
// of lists (x[].[a,b]) prints a line for each and is right.
func (w *walker) pipeOfText(file *syntax.File, b *syntax.BinaryCmd) {
	call := w.apiCall(b.X)
	loop, ok := b.Y.Cmd.(*syntax.WhileClause)
	if b.Op != syntax.Pipe || call == nil || !ok || len(loop.Cond) == 0 {
		return
	}
	if cond, ok := loop.Cond[0].Cmd.(*syntax.CallExpr); !ok || shell.CallName(cond) != "read" {
		return
	}
	args := w.texts(call)
	query := optionOf(args, "--query")
	if optionOf(args, "--output") != "text" || !listQuery().MatchString(query) || strings.Contains(query, "].[") ||
		strings.Contains(query, "].{") {
		return
	}
	end := int(b.X.End().Offset())
	text := w.script.Text
	if w.script.Placeholders != nil || end > len(text) {
		end = min(end, len(text))
	}
	from, to := int(b.Pos().Offset()), int(b.End().Offset())
	corrected := text[from:end] + ` | tr '\t' '\n'` + text[end:to]
	at := syntax.Node(call)
	for _, arg := range call.Args {
		if arg.Lit() == "--output" || arg.Lit() == "--output=text" {
			at = arg
		}
	}
	w.find(at, procedures.SeverityError, "text-is-one-line",
		"--output text prints this list on one line, with tabs between: the loop runs once, with all of it. Break "+
			"the line with tr '\\t' '\\n' first.", corrected)
	// The loop would run with a wrong value and no error, so the call is not sent.
	w.Wrong[PlaceOf(call.Pos())] = "--output text prints this list on one line, with tabs between: the loop would run once, with all of it."
	w.fixes = append(w.fixes, fix{end, end, ` | tr '\t' '\n'`, len(w.Analysis.Findings) - 1})
	_ = file
}

// hiddenError finds an error message that is thrown away and replaced by a harmless word.
// It is `aws … 2>/dev/null || echo none`, and true or : in the place of echo.
func (w *walker) hiddenError(b *syntax.BinaryCmd) {
	call := w.apiCall(b.X)
	if b.Op != syntax.OrStmt || call == nil || !slices.ContainsFunc(b.X.Redirs, func(r *syntax.Redirect) bool {
		return r.N != nil && r.N.Value == "2" && r.Word != nil && r.Word.Lit() == "/dev/null"
	}) {
		return
	}
	if c, ok := b.Y.Cmd.(*syntax.CallExpr); ok && (shell.CallName(c) == "echo" || shell.CallName(c) == "true" || shell.CallName(c) == ":") {
		w.find(call, procedures.SeverityWarning, "hidden-error",
			"This hides every error: AccessDenied and wrong usage look as if there were nothing.", "")
	}
}

// cutTable finds a table that is cut off.
// It is `aws … --output table | head`.
func (w *walker) cutTable(b *syntax.BinaryCmd) {
	call := w.apiCall(b.X)
	next, ok := b.Y.Cmd.(*syntax.CallExpr)
	if b.Op != syntax.Pipe || call == nil || !ok || shell.CallName(next) != "head" || optionOf(w.texts(call), "--output") != "table" {
		return
	}
	w.find(next, procedures.SeverityNote, "cut-table", "head cuts the table's lower edge off; --max-items asks for fewer rows.", "")
}

var decimalQuery = lazy.Regexp(`\.(Sum|Average|Minimum|Maximum|SampleCount|ExtendedStatistics)\b`)

// floats are the variables that hold a metric's statistic, which prints as 12.0.
// Only assignments whose value has a get-metric-statistics with such a query count.
func (w *walker) floats(file *syntax.File) map[string]bool {
	out := map[string]bool{}
	syntax.Walk(file, func(n syntax.Node) bool {
		a, ok := n.(*syntax.Assign)
		if !ok || a.Name == nil || a.Value == nil {
			return true
		}
		syntax.Walk(a.Value, func(n syntax.Node) bool {
			if c, ok := n.(*syntax.CallExpr); ok && w.callsAPI(c) {
				args := w.texts(c)
				if slices.Contains(args, "get-metric-statistics") && decimalQuery().MatchString(optionOf(args, "--query")) {
					out[a.Name.Value] = true
				}
			}
			return true
		})
		return true
	})
	return out
}

// decimalTest finds [ "$SUM" -gt 10 ] where the sum prints as 12.0.
// The correction is "${SUM%.*}", which drops the decimals.
func (w *walker) decimalTest(_ *syntax.File, c *syntax.CallExpr, floats map[string]bool) {
	if name := shell.CallName(c); name != "[" && name != "test" {
		return
	}
	for i, arg := range c.Args {
		if !slices.Contains(shell.IntegerTests, arg.Lit()) || i == 0 || i+1 >= len(c.Args) {
			continue
		}
		for _, side := range []*syntax.Word{c.Args[i-1], c.Args[i+1]} {
			name := onlyVariable(side)
			if !floats[name] {
				continue
			}
			from, to := int(side.Pos().Offset()), int(side.End().Offset())
			fixed := `"${` + name + `%.*}"`
			start, end := w.lines(c)
			text := w.script.Text
			why := "A statistic prints as 12.0, and " + shell.CallName(c) +
				" wants a whole number: the comparison is an error with status 2, so the test is never true."
			w.find(c, procedures.SeverityError, "decimal-test", why, strings.TrimSpace(text[start:from]+fixed+text[to:end]))
			w.Wrong[PlaceOf(c.Pos())] = why
			w.fixes = append(w.fixes, fix{from, to, fixed, len(w.Analysis.Findings) - 1})
			return
		}
	}
}

// lines are the whole lines of the text on which a node stands, without the last line's end.
func (w *walker) lines(n syntax.Node) (from, to int) {
	text := w.script.Text
	from, to = int(n.Pos().Offset()), int(n.End().Offset())
	from = strings.LastIndexByte(text[:from], '\n') + 1
	if end := strings.IndexByte(text[to:], '\n'); end >= 0 {
		return from, to + end
	}
	return from, len(text)
}

// onlyVariable is the name of the variable that a word is, quoted or not; "" otherwise.
func onlyVariable(word *syntax.Word) string {
	parts := word.Parts
	if len(parts) == 1 {
		if q, ok := parts[0].(*syntax.DblQuoted); ok {
			parts = q.Parts
		}
	}
	if len(parts) != 1 {
		return ""
	}
	if p, ok := parts[0].(*syntax.ParamExp); ok && plain(p) {
		return shell.ParamName(p)
	}
	return ""
}

// appliesPlan reports whether the next line applies the plan that `terraform plan -out` writes. Without one, apply plans again.
func appliesPlan(plan, next []string) bool {
	if len(next) < 3 || next[0] != "terraform" || next[1] != "apply" {
		return false
	}
	file := next[len(next)-1]
	for i, word := range plan {
		if out, ok := strings.CutPrefix(strings.TrimLeft(word, "-"), "out="); ok && out == file {
			return true
		}
		if strings.TrimLeft(word, "-") == "out" && i+1 < len(plan) && plan[i+1] == file {
			return true
		}
	}
	return false
}

// sequence looks at statements that follow one another.
// Two pairs are known: generate-credential-report before a sleep, and terraform plan before an apply that does not depend on it.
func (w *walker) sequence(stmts []*syntax.Stmt) {
	for i, s := range stmts {
		c, ok := s.Cmd.(*syntax.CallExpr)
		if !ok {
			continue
		}
		args := w.texts(c)
		var next []string
		if i+1 < len(stmts) {
			if n, ok := stmts[i+1].Cmd.(*syntax.CallExpr); ok {
				next = w.texts(n)
			}
		}
		switch {
		case len(args) == 0:
		case len(args) > 2 && args[2] == "generate-credential-report" && w.callsAPI(c) && len(next) > 0 && next[0] == "sleep":
			w.find(c, procedures.SeverityWarning, "poll",
				"The report takes as long as it takes: ask until the state is COMPLETE instead of waiting a fixed "+
					"time. It lists users, not roles.",
				`until [ "$(`+shell.Source(w.script, c)+` --query State --output text)" = COMPLETE ]; do sleep 2; done`)
		case len(args) > 1 && args[0] == "terraform" && args[1] == "plan" && appliesPlan(args, next):
			w.find(stmts[i+1], procedures.SeverityWarning, "stale-plan",
				"After a failed plan this applies an old one: join the two with &&.",
				shell.Source(w.script, s)+" && "+shell.Source(w.script, stmts[i+1]))
		}
	}
}
