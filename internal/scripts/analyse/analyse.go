// Package analyse reads a script before it runs: which variables, commands and files it uses, what its calls do, what is wrong
// with it, and what is refused because it would get past the table of commands.
package analyse

import (
	"fmt"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/commands"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// Analyser reads scripts before they run. It is safe for concurrent use.
type Analyser struct {
	// Command looks a command up by name.
	Command func(name string) (procedures.Command, bool)
	// Effects says what a program's line does; nil for what is known of programs.
	Effects func(words []procedures.Word) procedures.Effect
}

// ProgramEffect is what a program's line does.
func (a *Analyser) ProgramEffect(words []procedures.Word) procedures.Effect {
	if a.Effects == nil {
		return commands.ProgramEffects{}.Of(words)
	}
	return a.Effects(words)
}

// Analyse says what a script uses, sets, calls and changes, and what is wrong with it.
func (a *Analyser) Analyse(s procedures.Script) procedures.Analysis {
	return a.Study(s).Analysis
}

// Study is an analysis with what only running needs.
type Study struct {
	Analysis procedures.Analysis
	// Wrong are the calls that are not sent, with the reason, by their place in the text.
	Wrong map[Place]string
	fixes []fix
	File  *syntax.File
	// Constants are the variables that the script sets once, to a value that its text tells.
	Constants map[string]string
}

// Place is a line and a column of the script's own text.
type Place struct{ line, col uint }

// PlaceOf is the place of a position of the syntax tree.
func PlaceOf(p syntax.Pos) Place { return Place{p.Line(), p.Col()} }

// maxCorrections bounds the corrections of one script.
const maxCorrections = 30

// fix replaces a part of the text by its correction.
type fix struct {
	from, to int
	text     string
}

// Correct applies the corrections of errors, one after another, as long as there are any.
func (a *Analyser) Correct(s procedures.Script) procedures.Script {
	for range maxCorrections {
		study := a.Study(s)
		if len(study.fixes) == 0 {
			return s
		}
		f := study.fixes[0]
		next := s.Text[:f.from] + f.text + s.Text[f.to:]
		if next == s.Text {
			return s
		}
		s.Text = next
	}
	return s
}

// Study is Analyse with what running the script needs.
func (a *Analyser) Study(s procedures.Script) *Study {
	w := &walker{
		analyser: a, script: s, Study: &Study{Analysis: procedures.Analysis{Effect: procedures.EffectNone, OnlyPrints: true}, Wrong: map[Place]string{}}, set: map[string]bool{},
	}
	w.Constants = map[string]string{}
	w.reader = reader{script: s, constants: w.Constants}
	file, err := shell.Parse(s)
	if err != nil {
		w.Analysis.Refused = "This is not shell that can be read: " + err.Error() + "."
		w.Analysis.Effect, w.Analysis.OnlyPrints = procedures.EffectChange, false
		return w.Study
	}
	if bake := a.bakeOf(file, s); bake != nil {
		return bake.study(a)
	}
	w.File = file
	w.differs(file)
	w.assignedOnce(file)
	w.stmts(file.Stmts)
	w.Analysis.Asserts = len(file.Stmts) > 0 && asserts(file.Stmts[len(file.Stmts)-1])
	w.patterns(file)
	w.Analysis.Findings = procedures.SortFindings(w.Analysis.Findings)
	return w.Study
}

// comparing are commands whose status is the answer to a question.
var comparing = []string{"[", "test", "diff", "cmp"}

// asserts reports whether a statement ends with a comparison.
func asserts(s *syntax.Stmt) bool {
	switch c := s.Cmd.(type) {
	case *syntax.TestClause:
		return true
	case *syntax.BinaryCmd:
		return c.Op != syntax.OrStmt && asserts(c.Y)
	case *syntax.CallExpr:
		if len(c.Args) == 0 {
			return false
		}
		name := c.Args[0].Lit()
		quiet := name == "grep" && slices.ContainsFunc(c.Args[1:], func(w *syntax.Word) bool {
			option := w.Lit()
			return option == "--quiet" || len(option) > 1 && option[0] == '-' && option[1] != '-' && strings.Contains(option, "q")
		})
		return quiet || slices.Contains(comparing, name)
	}
	return false
}

// walker goes through the statements in their order.
type walker struct {
	*Study
	analyser *Analyser
	script   procedures.Script
	reader   reader
	set      map[string]bool
	function int            // how deep in functions
	loop     int            // how deep in loops
	subshell int            // how deep in subshells
	top      *syntax.Stmt   // the outermost statement
	once     map[string]int // how often each variable is assigned
}

// assignedOnce counts assignments, so that a variable that is assigned once, outside loops, is a constant.
func (w *walker) assignedOnce(file *syntax.File) {
	w.once = map[string]int{}
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Assign:
			if n.Name != nil {
				w.once[n.Name.Value]++
			}
		case *syntax.WordIter:
			w.once[n.Name.Value] += 2
		case *syntax.CallExpr:
			if len(n.Args) > 1 && n.Args[0].Lit() == "read" {
				for _, arg := range n.Args[1:] {
					w.once[arg.Lit()] += 2
				}
			}
		}
		return true
	})
}

func (w *walker) refuse(n syntax.Node, format string, args ...any) {
	if w.Analysis.Refused == "" {
		w.Analysis.Refused = fmt.Sprintf("Line %d: %s", shell.LineOf(w.script, n.Pos()), fmt.Sprintf(format, args...))
		w.Analysis.Effect = procedures.EffectChange
	}
}

func (w *walker) stmts(list []*syntax.Stmt) {
	for _, s := range list {
		w.stmt(s)
	}
}

func (w *walker) stmt(s *syntax.Stmt) {
	if s == nil {
		return
	}
	if w.top == nil {
		w.top = s
		defer func() { w.top = nil }()
	}
	if s.Background || s.Coprocess {
		w.refuse(s, "a background job (&) would go on after its step; leave the & out.")
	}
	for _, r := range s.Redirs {
		w.redirect(r)
	}
	w.command(s.Cmd)
}

func (w *walker) redirect(r *syntax.Redirect) {
	if r.Word != nil {
		w.expansions(r.Word)
		name := w.reader.word(r.Word)
		file := name.Known && name.Text != "/dev/null" && !strings.HasPrefix(name.Text, "/dev/")
		switch r.Op {
		case syntax.RdrOut, syntax.AppOut, syntax.RdrAll, syntax.AppAll, syntax.RdrClob:
			if file {
				w.Analysis.Writes = add(w.Analysis.Writes, name.Text)
			}
			w.Analysis.OnlyPrints = w.Analysis.OnlyPrints && !file
		case syntax.RdrIn, syntax.RdrInOut:
			if file {
				w.Analysis.Reads = add(w.Analysis.Reads, name.Text)
			}
		}
	}
	if r.Hdoc != nil {
		w.expansions(r.Hdoc)
	}
}

func add(list []string, item string) []string {
	if item == "" || slices.Contains(list, item) {
		return list
	}
	return append(list, item)
}

func (w *walker) command(c syntax.Command) {
	switch c := c.(type) {
	case *syntax.CallExpr:
		w.call(c)
	case *syntax.BinaryCmd:
		piped := c.Op == syntax.Pipe || c.Op == syntax.PipeAll
		if piped {
			w.subshell++
		}
		w.stmt(c.X)
		w.stmt(c.Y)
		if piped {
			w.subshell--
		}
	case *syntax.IfClause:
		for clause := c; clause != nil; clause = clause.Else {
			w.stmts(clause.Cond)
			w.stmts(clause.Then)
		}
	case *syntax.WhileClause:
		w.loop++
		w.stmts(c.Cond)
		w.stmts(c.Do)
		w.loop--
	case *syntax.ForClause:
		w.forClause(c)
	case *syntax.CaseClause:
		w.expansions(c.Word)
		for _, item := range c.Items {
			w.stmts(item.Stmts)
		}
	case *syntax.Block:
		w.stmts(c.Stmts)
	case *syntax.Subshell:
		w.subshell++
		w.stmts(c.Stmts)
		w.subshell--
	case *syntax.FuncDecl:
		if c.Name == nil {
			return // refused
		}
		w.setVariable(c.Name.Value)
		w.Analysis.OnlyPrints = false
		w.function++
		w.stmt(c.Body)
		w.function--
	case *syntax.DeclClause:
		w.assigns(c.Args)
	case *syntax.TimeClause:
		w.stmt(c.Stmt)
	case *syntax.CoprocClause:
		w.refuse(c, "coproc is not carried out here.")
	case nil:
	default: // tests and arithmetic
		w.expansions(c)
	}
}

func (w *walker) forClause(c *syntax.ForClause) {
	switch l := c.Loop.(type) {
	case *syntax.WordIter:
		for _, item := range l.Items {
			w.expansions(item)
		}
		w.setVariable(l.Name.Value)
	case *syntax.CStyleLoop:
		for _, e := range []syntax.ArithmExpr{l.Init, l.Cond, l.Post} {
			if e != nil {
				w.arithmetic(e)
			}
		}
	}
	w.loop++
	w.stmts(c.Do)
	w.loop--
}

// arithmetic finds the variables that an expression sets and reads.
func (w *walker) arithmetic(e syntax.ArithmExpr) {
	syntax.Walk(e, func(n syntax.Node) bool {
		if b, ok := n.(*syntax.BinaryArithm); ok && strings.HasSuffix(b.Op.String(), "=") && b.Op != syntax.Eql && b.Op != syntax.Neq && b.Op != syntax.Leq && b.Op != syntax.Geq {
			if word, ok := b.X.(*syntax.Word); ok {
				w.setVariable(word.Lit())
			}
		}
		return true
	})
	w.expansions(e)
}

func (w *walker) setVariable(name string) {
	if name == "" {
		return
	}
	w.set[name] = true
	if w.function == 0 {
		w.Analysis.Sets = add(w.Analysis.Sets, name)
	}
}

func (w *walker) assigns(list []*syntax.Assign) {
	for _, a := range list {
		if a.Value != nil {
			w.expansions(a.Value)
		}
		if a.Array != nil {
			for _, e := range a.Array.Elems {
				if e.Value != nil {
					w.expansions(e.Value)
				}
			}
		}
		if a.Name == nil {
			continue
		}
		name := a.Name.Value
		w.setVariable(name)
		if a.Value == nil || a.Append || w.loop > 0 || w.once[name] != 1 {
			continue
		}
		if v := w.reader.word(a.Value); v.Known {
			w.reader.constants[name] = v.Text
		}
	}
}

// expansions finds what words expand: variables that are used, commands in $(…).
func (w *walker) expansions(n syntax.Node) {
	syntax.Walk(n, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.ParamExp:
			w.use(n)
		case *syntax.CmdSubst:
			w.subshell++
			w.stmts(n.Stmts)
			w.subshell--
			return false
		case *syntax.ProcSubst:
			w.refuse(n, "process substitution, <(…), is not carried out here; write to a file of the run.")
			return false
		}
		return true
	})
}

func (w *walker) use(p *syntax.ParamExp) {
	name := shell.ParamName(p)
	if name == "" || w.set[name] || slices.Contains(shell.Ambient, name) || strings.ContainsAny(name, "?#@*$!-_") && len(name) == 1 || name == "0" {
		return
	}
	if p.Exp != nil && p.Exp.Op != syntax.ErrorUnset && p.Exp.Op != syntax.ErrorUnsetOrNull && p.Exp.Op <= syntax.AssignUnsetOrNull {
		if p.Exp.Op == syntax.AssignUnset || p.Exp.Op == syntax.AssignUnsetOrNull {
			w.setVariable(name)
		}
		return // it has a value for the case that it is unset
	}
	if name[0] >= '1' && name[0] <= '9' && w.function > 0 {
		return
	}
	w.Analysis.Uses = add(w.Analysis.Uses, name)
}

var printing = []string{"echo", "printf", ":", "true", "set", "shopt"}

func (w *walker) call(c *syntax.CallExpr) {
	w.assigns(c.Assigns)
	if len(c.Args) == 0 {
		return
	}
	for _, arg := range c.Args {
		w.expansions(arg)
	}
	words := w.reader.words(c.Args)
	name := words[0].Text
	if name == "command" && len(words) > 1 && !strings.HasPrefix(words[1].Text, "-") {
		words, name = words[1:], words[1].Text
	}
	if !slices.Contains(printing, name) {
		w.Analysis.OnlyPrints = false
	}
	switch {
	case !words[0].Known:
		w.program(name, words)
	case w.forbidden(c, name, words):
	case slices.Contains(shell.Builtins, name):
		w.builtin(name, words)
	case w.set[name] && w.isFunction(name):
	default:
		if command, ok := w.analyser.Command(name); ok {
			w.describe(c, command, words)
			return
		}
		w.program(name, words)
	}
}

func (w *walker) isFunction(name string) bool {
	found := false
	syntax.Walk(w.File, func(n syntax.Node) bool {
		if f, ok := n.(*syntax.FuncDecl); ok && f.Name != nil && f.Name.Value == name {
			found = true
		}
		return !found
	})
	return found
}

// forbidden refuses what would get past the table of commands.
func (w *walker) forbidden(c *syntax.CallExpr, name string, words []procedures.Word) bool {
	switch name {
	case "eval":
		w.refuse(c, "eval would run text that nobody has read; write the command itself.")
	case "builtin", "enable":
		w.refuse(c, "%s is not carried out here.", name)
	case "exec":
		w.refuse(c, "exec would replace the script; run the command itself.")
	case "trap":
		if len(words) > 1 && words[1].Text != "" && words[1].Text != "-" {
			w.refuse(c, "the commands of a trap are text that nobody has read; run them at the end of the script.")
		}
	case "bake":
		w.refuse(c, "%s", w.notAlone())
	case "source", ".":
		if len(words) < 2 || !words[1].Known || strings.HasPrefix(words[1].Text, "/") || strings.Contains(words[1].Text, "..") {
			w.refuse(c, "%s reads a script from outside the runbooks' folder.", name)
		}
	default:
		return false
	}
	return true
}

// notAlone says of a bake what it stands in, or beside.
func (w *walker) notAlone() string {
	where := "has other commands or a redirection beside it"
	switch {
	case w.function > 0:
		where = "stands in a function"
	case w.loop > 0:
		where = "stands in a loop"
	case w.subshell > 0:
		where = "stands in a pipe or a subshell"
	}
	return "bake is a step of its own, and this one " + where + ". Give it a paragraph of its own with a comment over it, and nothing but `bake TIME --every TIME -- COMMAND` in that; a longer COMMAND is put in quotes."
}

func (w *walker) builtin(name string, words []procedures.Word) {
	switch name {
	case "cd", "pushd", "popd":
		if w.subshell == 0 {
			w.Analysis.Folder = true
		}
	case "exit":
		if w.subshell == 0 && w.function == 0 {
			w.Analysis.Exits = true
		}
	case "read", "mapfile", "readarray", "getopts":
		for _, arg := range words[1:] {
			if arg.Known && !strings.HasPrefix(arg.Text, "-") {
				w.setVariable(arg.Text)
			}
		}
	}
}

// describe asks a command what its line will do.
func (w *walker) describe(c *syntax.CallExpr, command procedures.Command, words []procedures.Word) {
	p := Describe(command, words)
	w.Analysis.Effect = w.Analysis.Effect.Worse(p.Effect)
	if p.Call != nil {
		p.Call.Program, p.Call.Repeats = words[0].Text, w.loop > 0
		w.Analysis.Calls = append(w.Analysis.Calls, p.Call.Command)
		w.Analysis.Detail = append(w.Analysis.Detail, *p.Call)
	}
	for _, list := range []struct {
		to   *[]string
		from []string
	}{{&w.Analysis.Hosts, p.Hosts}, {&w.Analysis.Reads, p.Reads}, {&w.Analysis.Writes, p.Writes}} {
		for _, item := range list.from {
			*list.to = add(*list.to, item)
		}
	}
	for _, l := range p.Limits {
		if !w.set[l.Name] && !slices.Contains(w.Analysis.Limits, l) {
			w.Analysis.Limits = append(w.Analysis.Limits, l)
		}
	}
	for _, m := range p.Findings {
		w.lineFinding(c, m)
	}
}

// lineFinding adds one of a command's line. Its correction, which is of the line alone, becomes that of the whole statement.
func (w *walker) lineFinding(c syntax.Node, m procedures.Finding) {
	m.File = w.script.File
	if m.Line == 0 {
		m.Line, m.Column = shell.LineOf(w.script, c.Pos()), int(c.Pos().Col())
	}
	if m.Severity == procedures.SeverityError {
		if _, known := w.Wrong[PlaceOf(c.Pos())]; !known {
			w.Wrong[PlaceOf(c.Pos())] = m.Message
		}
	}
	if m.Corrected != "" {
		from, to := int(c.Pos().Offset()), int(c.End().Offset())
		if call, ok := c.(*syntax.CallExpr); ok && len(call.Args) > 0 {
			from, to = int(call.Args[0].Pos().Offset()), int(call.Args[len(call.Args)-1].End().Offset())
		}
		if m.Severity == procedures.SeverityError {
			w.fixes = append(w.fixes, fix{from, to, m.Corrected})
		}
		if w.top != nil {
			start, end := int(w.top.Pos().Offset()), int(w.top.End().Offset())
			m.Corrected = w.script.Text[start:from] + m.Corrected + w.script.Text[to:max(to, end)]
		}
	}
	w.Analysis.Findings = append(w.Analysis.Findings, m)
}

// program is a command that is not ours.
func (w *walker) program(name string, words []procedures.Word) {
	if strings.Contains(name, "/") { // the library knows what the script does
		w.Analysis.Scripts = add(w.Analysis.Scripts, name)
		return
	}
	w.Analysis.Effect = w.Analysis.Effect.Worse(w.analyser.ProgramEffect(words))
	w.Analysis.Programs = add(w.Analysis.Programs, name)
}
