// Package analyse reads a script before it runs: which variables, commands and files it uses, what its calls do, what is wrong
// with it, and what is refused because it would get past the table of commands.
//
// The walk is conservative. A script that cannot be parsed or is refused is a change; so is a
// command whose name is known only when it runs. What is decided here is decided again for each
// line when it runs, with its real values: the analysis serves the pages, the checks of runbooks,
// and the choice of who may execute a step.
package analyse

import (
	"maps"
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
	// It has to be safe for concurrent use, and so has Effects.
	Command func(name string) (procedures.Command, bool)
	// Effects says what a program's line does; nil for what is known of programs.
	Effects func(words []procedures.Word) procedures.Effect
	// Wrappers are programs that run the command behind their words, besides those that are known.
	Wrappers []commands.Wrapper
}

// ProgramEffect is what a program's line does.
func (a *Analyser) ProgramEffect(words []procedures.Word) procedures.Effect {
	if a.Effects == nil {
		return commands.ProgramEffects{}.Of(words)
	}
	return a.Effects(words)
}

// Analyse says what a script uses, sets, calls and changes, and what is wrong with it.
// The positions of findings are lines of the file that the script stands in, and columns in bytes,
// from 1.
func (a *Analyser) Analyse(s procedures.Script) procedures.Analysis {
	return a.Study(s).Analysis
}

// Study is an analysis with what only running needs.
type Study struct {
	Analysis procedures.Analysis
	// Wrong are the calls that are not sent, with the reason, by their place in the text.
	Wrong map[Place]string
	// Inner are the texts that its lines give to a shell, as they are written, with what each of them does.
	Inner map[string]procedures.Effect
	fixes []fix // of errors, in the order in which they were found
	// File is the script's own tree, which the caller may rewrite; nil where the text cannot be
	// parsed or is a bake.
	File *syntax.File
	// Constants are the variables that the script sets once, to a value that its text tells.
	Constants map[string]string
	// ByHand are the statements of File that a person runs, by their places in it, with their places in Analysis.ByHand.
	ByHand map[int]int
}

// Place is a line and a column of the script's own text.
type Place struct{ line, col uint }

// PlaceOf is the place of a position of the syntax tree.
func PlaceOf(p syntax.Pos) Place { return Place{p.Line(), p.Col()} }

// maxCorrections bounds the corrections of one script.
const maxCorrections = 30

// fix replaces a part of the text by its correction.
type fix struct {
	from, to int // byte offsets
	text     string
	of       int // the finding that it is of
}

// Correct applies the corrections of errors, one after another, as long as there are any.
// After each one the text is parsed again, as the offsets of the others have moved. A text that
// does not change ends it.
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
// A bake is not walked like other scripts: what it repeats is a script of its own.
func (a *Analyser) Study(s procedures.Script) *Study {
	study := a.read(s)
	kept := map[int]bool{}
	for i := range study.Analysis.Findings {
		m := &study.Analysis.Findings[i]
		if kept[i] = m.Corrected != "" && (study.File == nil || a.accepts(s, m.Corrected)); !kept[i] {
			m.Corrected = ""
		}
	}
	study.fixes = slices.DeleteFunc(study.fixes, func(f fix) bool { return !kept[f.of] })
	study.Analysis.Findings = procedures.SortFindings(study.Analysis.Findings)
	study.Analysis.Names = namesIn(s.Text)
	return study
}

// accepts reports whether a corrected statement has no error left, when all that is wrong with it is corrected.
func (a *Analyser) accepts(s procedures.Script, corrected string) bool {
	s.Text = corrected + "\n"
	// the first line of an if is none that can be tried alone
	_, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(s.Text), "")
	if syntax.IsIncomplete(err) {
		return true
	}
	for range maxCorrections {
		study := a.read(s)
		if !slices.ContainsFunc(study.Analysis.Findings, isError) {
			return study.File != nil
		}
		if len(study.fixes) == 0 {
			return false
		}
		f := study.fixes[0]
		next := s.Text[:f.from] + f.text + s.Text[f.to:]
		if next == s.Text {
			return false
		}
		s.Text = next
	}
	return false
}

func isError(m procedures.Finding) bool { return m.Severity == procedures.SeverityError }

// read is a study whose corrections nobody has tried.
func (a *Analyser) read(s procedures.Script) *Study {
	study := func() *Study {
		return &Study{
			Analysis: procedures.Analysis{Effect: procedures.EffectNone, OnlyPrints: true}, Wrong: map[Place]string{},
			Constants: map[string]string{}, Inner: map[string]procedures.Effect{},
		}
	}
	file, err := shell.Parse(s)
	if err != nil {
		refused := study()
		refused.Analysis.Refused = "The script cannot be parsed: " + err.Error() + "."
		refused.Analysis.Effect, refused.Analysis.OnlyPrints = procedures.EffectChange, false
		return refused
	}
	if bake := a.bakeOf(file, s); bake != nil {
		return bake.study(a)
	}
	a.readThrough(file)
	readEvals(file, s)
	// A statement that is left to a person sets nothing, calls nothing and declares nothing: what is known of the others is read again
	// without it.
	for left := map[*syntax.Stmt]reason{}; ; {
		w := &walker{
			analyser: a, script: s, Study: study(), set: map[string]bool{}, alone: map[string]string{}, references: map[string]string{},
			handed: newHanded(left), following: newFollowing(), values: values{}, wholeFiles: map[string]*string{},
		}
		w.reader = reader{script: s, constants: w.Constants}
		w.File = file
		w.differs(file)
		w.assignedOnce(file)
		w.top = nil
		w.statements(file.Stmts)
		w.rest(file)
		if len(w.found) > 0 {
			maps.Copy(left, w.found)
			continue
		}
		w.handOver(file)
		w.Analysis.Asserts = len(file.Stmts) > 0 && asserts(file.Stmts[len(file.Stmts)-1])
		w.patterns(file)
		return w.Study
	}
}

// comparing are commands whose status is the result of a comparison.
var comparing = []string{"[", "test", "diff", "cmp"}

// asserts reports whether a statement ends with a comparison.
// Such a step fails when the comparison does, so its exit status is its verdict. `a || b` hides
// the comparison; grep counts only with -q, as otherwise its output is what matters.
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

// Carries reports whether a line is carried out by the command of its name, and is not a program's.
func Carries(command procedures.Command, words []procedures.Word) bool {
	chooser, ok := command.(procedures.Chooser)
	return !ok || chooser.Carries(words)
}

// Lacks implements procedures.Answerer, for the calls of an analysis.
func (a *Analyser) Lacks(call procedures.PlannedCall, expression string) (member, near string) {
	command, ok := a.Command(call.Program)
	if answers, knows := command.(procedures.Answerer); ok && knows {
		return answers.Lacks(call, expression)
	}
	return "", ""
}
