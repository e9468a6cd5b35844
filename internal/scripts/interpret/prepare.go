package interpret

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/scripts/interp"
	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// prepared is a script as the interpreter runs it: parsed, analysed and rewritten. It depends on no value of an execution. It
// is never changed, as executions share it: the interpreter only reads a syntax tree.
type prepared struct {
	study  *analyse.Study // its tree is the rewritten one; nil inside where the script is refused
	script procedures.Script
	// refused says why the script is not run at all; empty otherwise.
	refused string
	// placeholders are the parameters of the variables that stand in the tree for the document's placeholders.
	placeholders map[string]string
	// sources are the texts of the functions that it declares, by their bodies in the tree.
	sources map[*syntax.Stmt]string
	// inputs are the places of calls with a standard input of their own.
	inputs map[analyse.Place]bool
	// What depends on the status of each call; pipeWeights where pipefail was set before.
	weights, pipeWeights map[analyse.Place]weight
	// plansIntoFile reports that terraform writes the plan of a change into a file.
	plansIntoFile bool
	loops         bool // there may be calls to prefetch
}

// prepare does for a script what every execution of it needs.
// With corrected, the corrections of errors are applied to the text first.
func prepare(analyser *analyse.Analyser, script procedures.Script, corrected bool) *prepared {
	if corrected {
		script = analyser.Correct(script)
	}
	p := &prepared{script: script, study: analyser.Study(script)}
	switch {
	case p.study.Analysis.Refused != "":
		p.refused = p.study.Analysis.Refused
		return p
	case p.study.Analysis.Bake != nil:
		p.refused = "A bake is a step of its own and cannot run inside another script."
		return p
	}
	file := p.study.File
	handOver(file, p.study.ByHand)
	p.placeholders = fill(file, script.Placeholders)
	program := func(name string) bool {
		_, known := analyser.Command(name)
		return !known && !slices.Contains(shell.Builtins, name)
	}
	p.weights, p.pipeWeights = weigh(file, program, false), weigh(file, program, true)
	p.sources, p.inputs, p.plansIntoFile = functionSources(file), inputs(file), plansIntoFile(file)
	file.Name = script.Name
	if script.Name == "" {
		file.Name = "bash"
	}
	p.loops = slices.ContainsFunc(file.Stmts, func(s *syntax.Stmt) bool {
		_, ok := s.Cmd.(*syntax.ForClause)
		return ok
	})
	return p
}

// byHandCall is the name of the call that a statement becomes that a person runs; its argument is the statement's place in the analysis.
const byHandCall = "opsbook-by-hand"

// handOver puts such calls in the places of those statements. A function is not declared, which is no failure: what calls it is left to a
// person too.
func handOver(file *syntax.File, places map[int]int) {
	for at, number := range places {
		s := file.Stmts[at]
		call := []*syntax.Word{literal(s.Position, byHandCall), literal(s.Position, strconv.Itoa(number))}
		if _, function := s.Cmd.(*syntax.FuncDecl); function {
			call = []*syntax.Word{literal(s.Position, ":")}
		}
		file.Stmts[at] = &syntax.Stmt{Position: s.Position, Cmd: &syntax.CallExpr{Args: call}}
	}
}

// byHand says that a statement is not run here. What follows it in a step that changes something is not run either: see Execution.Changing.
func (r *running) byHand(h interp.HandlerContext, number string) error {
	n, err := strconv.Atoi(number)
	if all := r.study.Analysis.ByHand; err == nil && n >= 0 && n < len(all) {
		s := all[n]
		reason := s.String()
		fmt.Fprintf(h.Stderr, "opsbook: %s Run it by hand: %s\n", reason, s.Text)
		first, _, _ := strings.Cut(s.Text, " ")
		r.emit(procedures.Event{Kind: procedures.EventCommand, Text: s.Text, Line: s.Line})
		r.emit(procedures.Event{Kind: procedures.EventCall, Line: s.Line, Call: &procedures.Call{
			Program: first, Command: first, Effect: procedures.EffectNone, Status: statusByHand, Line: s.Line,
			RuleVerdict: &procedures.Judgement{
				Verdict: procedures.Unavailable, Reason: reason, Advice: "Run it by hand and mark the step as done: " + s.Text,
			},
		}})
		r.mu.Lock()
		r.unavailable = cmp.Or(r.unavailable, reason)
		r.mu.Unlock()
	}
	return interp.ExitStatus(statusByHand)
}

// statusByHand is a shell's for a command that is not found.
const statusByHand = 127

// wrongAt says why the call that a handler is asked for is not sent; empty where it may be.
func (p *prepared) wrongAt(h interp.HandlerContext) string {
	if len(p.study.Wrong) == 0 || h.Sourced() {
		return ""
	}
	return p.study.Wrong[analyse.PlaceOf(h.Pos)]
}

// literal is a word at a place.
func literal(at syntax.Pos, text string) *syntax.Word {
	return &syntax.Word{Parts: []syntax.WordPart{&syntax.Lit{ValuePos: at, ValueEnd: at, Value: text}}}
}
