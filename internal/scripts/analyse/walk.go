package analyse

import (
	"maps"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
)

// walker goes through the statements in their order.
// It is used for one script, by one goroutine.
type walker struct {
	*Study
	analyser *Analyser
	script   procedures.Script
	reader   reader
	set      map[string]bool
	function int               // how deep in functions
	loop     int               // how deep in loops
	again    int               // how deep in what while and until repeat: a question there is one that is asked until it is answered
	subshell int               // how deep in subshells
	top      *syntax.Stmt      // the outermost statement
	once     map[string]int    // how often each variable is assigned
	alone    map[string]string // variables that hold the value of one from outside and nothing else
	// references are names that stand for another variable: declare -n
	references map[string]string
	otherwise  int // how deep in what is written for more systems than one
	// wholeFiles are the texts of the files that the script writes, as far as they are written out; nil for one whose text is not known.
	wholeFiles map[string]*string
	nested     int // how deep in texts that the script runs
	handed         // what is left to a person
	fed        int // how deep in statements whose input is no terminal
	mistyped   *syntax.CallExpr
	values     values // what variables may be here
	following         // the functions that are called
	// functionsOf are the names of the functions that functionsIn declares.
	functionsOf map[string]bool
	functionsIn *syntax.File
}

func (w *walker) stmts(list []*syntax.Stmt) {
	for i := 0; i < len(list); i++ {
		if n := w.broken(list[i:]); n > 0 {
			i += n
			continue
		}
		w.stmt(list[i])
	}
}

// The outermost statement is what a correction is shown with, and what a person runs where a part of it does not run here.
func (w *walker) stmt(s *syntax.Stmt) {
	if s == nil {
		return
	}
	if w.top == nil {
		w.top = s
		defer func() { w.top = nil }()
	}
	if s.Coprocess {
		w.refuse(s, "a coprocess (|&) is not supported here.")
	}
	fed := w.fed
	for _, r := range s.Redirs {
		w.redirect(r)
	}
	w.writes(s)
	w.command(s.Cmd)
	w.writesText(s)
	w.typedText(s)
	if c, ok := s.Cmd.(*syntax.CallExpr); !ok || len(c.Args) != 1 || c.Args[0].Lit() != "exec" { // which redirects all that follows
		w.fed = fed
	}
}

// Files in /dev are no files of the run. A script that writes into any other does more than print.
func (w *walker) redirect(r *syntax.Redirect) {
	if why := refusedRedirect(r); why != "" {
		w.refuse(r, "%s", why)
	}
	w.setVariable(descriptorName(r))
	if r.Word != nil {
		w.expansions(r.Word)
		name := w.reader.word(r.Word)
		if why := refusedDevice(name, r.Op); why != "" {
			w.refuse(r, "%s", why)
		}
		file := name.Known && name.Text != "/dev/null" && !strings.HasPrefix(name.Text, "/dev/")
		switch r.Op {
		case syntax.RdrOut, syntax.AppOut, syntax.RdrAll, syntax.AppAll, syntax.RdrClob, syntax.RdrAllClob:
			if file {
				w.Analysis.Writes = add(w.Analysis.Writes, name.Text)
			}
			w.Analysis.OnlyPrints = w.Analysis.OnlyPrints && !file
			w.Analysis.WritesFiles = w.Analysis.WritesFiles || file || !name.Known
		case syntax.RdrIn, syntax.RdrInOut:
			if file {
				w.Analysis.Reads = add(w.Analysis.Reads, name.Text)
			}
			w.Analysis.WritesFiles = w.Analysis.WritesFiles || r.Op == syntax.RdrInOut && (file || !name.Known) // it makes it
		}
	}
	if r.Hdoc != nil {
		w.expansions(r.Hdoc)
	}
	switch r.Op {
	case syntax.RdrIn, syntax.RdrInOut:
		if r.Word.Lit() != "/dev/tty" { // where a person types
			w.fed++
		}
	case syntax.Hdoc, syntax.DashHdoc, syntax.WordHdoc:
		w.fed++
	}
}

// add appends an item that is not empty and not in the list.
func add(list []string, item string) []string {
	if item == "" || slices.Contains(list, item) {
		return list
	}
	return append(list, item)
}

// Both sides of a pipe are subshells, as in bash without lastpipe: a cd or an exit in them stays
// there. All branches of an if are walked, as any may run.
func (w *walker) command(c syntax.Command) {
	switch c := c.(type) {
	case *syntax.CallExpr:
		w.call(c)
	case *syntax.BinaryCmd:
		if c.Op != syntax.Pipe && c.Op != syntax.PipeAll {
			either := 0
			if c.Op == syntax.OrStmt && sameCommand(c.X, c.Y) {
				either = 1
			}
			w.otherwise += either
			w.stmt(c.X)
			w.may(func() { w.stmt(c.Y) })
			w.otherwise -= either
			return
		}
		w.subshell++
		w.isolated(func() { w.stmt(c.X) })
		w.fed++
		w.isolated(func() { w.stmt(c.Y) })
		w.subshell--
		w.fed--
	case *syntax.IfClause:
		w.ifClause(c)
	case *syntax.WhileClause:
		w.repeated(slices.Concat(c.Cond, c.Do), func() {
			w.stmts(c.Cond)
			w.again++
			w.stmts(c.Do)
			w.again--
		})
	case *syntax.ForClause:
		w.forClause(c)
	case *syntax.CaseClause:
		w.caseClause(c)
	case *syntax.Block:
		w.stmts(c.Stmts)
	case *syntax.Subshell:
		w.subshell++
		w.isolated(func() { w.stmts(c.Stmts) })
		w.subshell--
	case *syntax.FuncDecl:
		w.declared(c)
	case *syntax.DeclClause:
		w.declaration(c)
	case *syntax.LetClause:
		w.expansions(c)
		for _, name := range letNames(c) {
			w.setVariable(name)
		}
	case *syntax.TimeClause:
		w.stmt(c.Stmt)
	case *syntax.CoprocClause:
		w.refuse(c, "coproc is not supported here.")
	case nil:
	default: // tests and arithmetic
		w.expansions(c)
	}
}

// All branches are walked, as any may run.
func (w *walker) ifClause(c *syntax.IfClause) {
	if len(c.Cond) == 0 { // else
		w.stmts(c.Then)
		return
	}
	if asksSystem(c.Cond) {
		w.otherwise++
		defer func() { w.otherwise-- }()
	}
	w.stmts(c.Cond)
	before := maps.Clone(w.values)
	w.stmts(c.Then)
	after := w.values
	if w.values = before; c.Else != nil {
		w.ifClause(c.Else)
	}
	w.values = joined(after, w.values)
}

func (w *walker) caseClause(c *syntax.CaseClause) {
	w.expansions(c.Word)
	if asksSystem(c.Word) {
		w.otherwise++
		defer func() { w.otherwise-- }()
	}
	before, through := maps.Clone(w.values), values(nil)
	var ends []values
	all := false
	for _, item := range c.Items {
		w.values = maps.Clone(before)
		if through != nil {
			w.values = joined(w.values, through)
		}
		for _, pattern := range item.Patterns {
			w.expansions(pattern)
			all = all || pattern.Lit() == "*"
		}
		w.stmts(item.Stmts)
		if through = nil; item.Op != syntax.Break {
			through = w.values
		}
		ends = append(ends, w.values)
	}
	if !all || len(ends) == 0 {
		ends = append(ends, before)
	}
	w.values = ends[0]
	for _, end := range ends[1:] {
		w.values = joined(w.values, end)
	}
}

// The words of a loop are expanded once, before it; the clauses of ((;;)) count as outside of it
// too.
func (w *walker) forClause(c *syntax.ForClause) {
	var item func()
	switch l := c.Loop.(type) {
	case *syntax.WordIter:
		items := choices(nil)
		for _, word := range l.Items {
			w.expansions(word)
			w.fieldUse(word, procedures.FieldList, false)
			for _, words := range w.choicesOf(word, true) {
				for _, p := range words {
					items = append(items, []piece{p})
				}
			}
		}
		w.setVariable(l.Name.Value)
		delete(w.alone, l.Name.Value)
		if c.Select {
			w.setVariable("REPLY")
		}
		if !l.InPos.IsValid() { // for NAME; do: the arguments
			items = w.indexed(w.values["@"], "@")
		}
		item = func() { w.remember(l.Name.Value, items) }
	case *syntax.CStyleLoop:
		for _, e := range []syntax.ArithmExpr{l.Init, l.Cond, l.Post} {
			if e != nil {
				w.expansions(e)
			}
		}
		item = func() {}
	}
	w.repeated(c.Do, func() {
		item()
		w.stmts(c.Do)
	})
}
