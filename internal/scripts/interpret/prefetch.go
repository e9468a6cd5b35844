package interpret

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/opsbook/opsbook/internal/scripts/expand"
	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// The iterations of a loop such as
//
//	for func in discovery analysis api; do
//	  aws lambda get-function --function-name "app-$func"
//	done
//
// do not depend on one another. Their calls are begun together before the script comes to them, and the script, which goes its
// usual way, finds the answers waiting: what it prints and in which order is the same as without. A call is
// begun only if it certainly will be made, and made with these words: it only reads, stands in the body of the loop
// unconditionally, and its words are literals, the loop's variable and parameters. A script that changes something,
// waits, or sets variables of AWS's own is left alone.
const (
	prefetchAtOnce = 8
	prefetchMost   = 64 // calls
	prefetchTurns  = 10_000
)

// prefetch holds reading calls that were begun before the script came to them. A nil one holds none.
type prefetch struct {
	cancel context.CancelFunc
	all    sync.WaitGroup

	mu     sync.Mutex
	begun  map[string][]*fetched // by the words of the call, in order
	places chan struct{}
}

// fetched is one call with what it wrote and reported.
type fetched struct {
	done           chan struct{}
	status         int
	stdout, stderr limits.Buffer
	reports        []procedures.Call
	notes          []string
}

// startPrefetch begins the calls of the script's loops. known are the variables that the script is given.
func (r *running) startPrefetch(ctx context.Context, given map[string]string) *prefetch {
	if r.Planning || r.Sequential || r.study.Analysis.Effect != procedures.EffectRead {
		return nil
	}
	marks := r.fieldMarks(given)
	given = maps.Clone(given)
	texts := map[string]expand.Text{}
	for name, value := range given {
		texts[name] = expand.Text{Str: value}
		if mark, ok := marks[name]; ok {
			texts[name] = expand.Text{Str: value, Marks: expand.Whole(value, mark)}
		}
	}
	if r.State != nil {
		for name, v := range r.State.Variables {
			if v.Kind == "" {
				given[name] = v.Text
				texts[name] = expand.Text{Str: v.Text, Marks: marksOf(v.Marks, v.Text)}
			}
		}
	}
	for name, text := range texts {
		if len(text.Marks) > 0 && steersCalls(name) {
			return nil // the call itself says what is wrong
		}
	}
	calls := r.certainCalls(texts)
	if len(calls) < 2 || len(calls) > prefetchMost {
		return nil
	}
	p := &prefetch{begun: map[string][]*fetched{}, places: make(chan struct{}, prefetchAtOnce)}
	ctx, p.cancel = context.WithCancel(ctx)
	for _, texts := range calls {
		args, marks := expand.Untext(texts)
		command, ok := r.Commands(args[0])
		if !ok {
			continue
		}
		f := &fetched{done: make(chan struct{})}
		key := strings.Join(args, "\x00")
		p.begun[key] = append(p.begun[key], f)
		p.all.Go(func() { p.fetch(ctx, r, command, args, marks, given, f) })
	}
	return p
}

// marks are those of args.
func (p *prefetch) fetch(ctx context.Context, r *running, command procedures.Command, args []string,
	marks []expand.Marks, env map[string]string, f *fetched) {
	defer close(f.done)
	select {
	case p.places <- struct{}{}:
		defer func() { <-p.places }()
	case <-ctx.Done():
		f.status = 130
		return
	}
	defer func() {
		if recover() != nil { // the script comes to such a call itself, and says what is wrong
			f.status = 1
		}
	}()
	var mu sync.Mutex
	meter := r.used.meter.Part(0) // until the step ends
	f.stdout.Meter, f.stderr.Meter = meter, meter
	f.status = command.Run(ctx, &procedures.Invocation{
		Args: args, Fields: fieldNames(marks), FieldsFrom: fieldStarts(marks), Stdin: strings.NewReader(""),
		Stdout: &f.stdout, Stderr: &f.stderr, Files: r.under("/"),
		Now: r.Now, Rehearse: r.Rehearse,
		Env:    func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		Secret: r.Out.Mask().Add, Open: r.Out.Mask().Open, Meter: meter,
		Report: func(c procedures.Call) {
			mu.Lock()
			defer mu.Unlock()
			f.reports = append(f.reports, c)
		},
		Note: func(text string) {
			mu.Lock()
			defer mu.Unlock()
			f.notes = append(f.notes, text)
		},
	})
}

// wait ends the calls that the script did not come to.
func (p *prefetch) wait() {
	if p != nil {
		p.cancel()
		p.all.Wait()
	}
}

// take returns the call with these words when it is done, if it was begun and not taken yet.
func (p *prefetch) take(ctx context.Context, args []string) (*fetched, bool) {
	if p == nil {
		return nil, false
	}
	key := strings.Join(args, "\x00")
	p.mu.Lock()
	waiting := p.begun[key]
	if len(waiting) == 0 {
		p.mu.Unlock()
		return nil, false
	}
	f := waiting[0]
	p.begun[key] = waiting[1:]
	p.mu.Unlock()
	select {
	case <-f.done:
		return f, true
	case <-ctx.Done():
		return nil, false
	}
}

// replay says what a call said, as if it had been made now.
func (f *fetched) replay(inv *procedures.Invocation) int {
	for _, note := range f.notes {
		inv.Note(note)
	}
	for _, c := range f.reports {
		inv.Report(c)
	}
	_, outErr := inv.Stdout.Write(f.stdout.Bytes())
	_, errErr := inv.Stderr.Write(f.stderr.Bytes())
	if f.status == 0 && errors.Join(outErr, errErr) != nil {
		return 1 // the reader has gone: as the command itself would end
	}
	return f.status
}

// certainCalls are the words of the reading calls that the script's loops certainly make, in their order.
func (r *running) certainCalls(given map[string]expand.Text) [][]expand.Text {
	c := &certain{running: r, known: map[string]expand.Text{}, calm: true}
	for name, value := range r.study.Constants {
		c.known[name] = expand.Text{Str: value}
	}
	maps.Copy(c.known, given)
	syntax.Walk(r.study.File, c.visit)
	if !c.calm {
		return nil
	}
	for _, s := range r.study.File.Stmts {
		if loop, ok := s.Cmd.(*syntax.ForClause); ok && len(s.Redirs) == 0 {
			c.loop(loop)
		}
	}
	return c.calls
}

// certain collects calls.
type certain struct {
	*running
	known map[string]expand.Text
	calm  bool // nothing in the script makes a call depend on when it is made
	calls [][]expand.Text
	turns int // of loops that were gone through
}

// unsettling are commands after which a call may answer something else, or not be made.
var unsettling = []string{"sleep", "wait", "watch", "break", "continue", "exit", "return", "cd", "set", "export", "declare", "shift"}

func (c *certain) visit(n syntax.Node) bool {
	switch n := n.(type) {
	case *syntax.CallExpr:
		if len(n.Args) > 0 {
			c.calm = c.calm && !slices.Contains(unsettling, n.Args[0].Lit())
		}
	case *syntax.DeclClause, *syntax.FuncDecl, *syntax.WhileClause:
		c.calm = false
	case *syntax.Assign:
		c.calm = c.calm && (n.Name == nil || !strings.HasPrefix(n.Name.Value, "AWS_") && !slices.Contains(expanders, n.Name.Value))
	}
	return c.calm
}

// loop goes through a loop's items, if they are known.
func (c *certain) loop(loop *syntax.ForClause) {
	iter, ok := loop.Loop.(*syntax.WordIter)
	if !ok || loop.Select {
		return
	}
	name := iter.Name.Value
	before, had := c.known[name]
	defer func() {
		delete(c.known, name)
		if had {
			c.known[name] = before
		}
	}()
	items, ok := c.expand(iter.Items)
	if !ok {
		return
	}
	for _, item := range items {
		if c.turns++; c.turns > prefetchTurns {
			c.calls = nil
			return
		}
		c.known[name] = item
		for _, s := range loop.Do {
			if len(c.calls) <= prefetchMost {
				c.stmt(s, name)
			}
		}
	}
}

// stmt finds the calls that a statement makes whatever happens.
func (c *certain) stmt(s *syntax.Stmt, variable string) {
	switch n := s.Cmd.(type) {
	case *syntax.CallExpr:
		for _, a := range n.Assigns {
			if a.Value != nil {
				c.substitutions(a.Value, variable)
			}
		}
		if len(n.Assigns) == 0 && c.call(n, variable) {
			return
		}
		for _, word := range n.Args {
			c.substitutions(word, variable)
		}
	case *syntax.BinaryCmd:
		c.stmt(n.X, variable)
		if n.Op == syntax.Pipe || n.Op == syntax.PipeAll {
			c.stmt(n.Y, variable)
		}
	case *syntax.Block:
		for _, inner := range n.Stmts {
			c.stmt(inner, variable)
		}
	case *syntax.ForClause:
		c.loop(n)
	}
}

// substitutions finds the calls in $(…) of a word.
func (c *certain) substitutions(w *syntax.Word, variable string) {
	var parts func([]syntax.WordPart)
	parts = func(list []syntax.WordPart) {
		for _, part := range list {
			switch p := part.(type) {
			case *syntax.DblQuoted:
				parts(p.Parts)
			case *syntax.CmdSubst:
				for _, s := range p.Stmts {
					c.stmt(s, variable)
				}
			}
		}
	}
	parts(w.Parts)
}

// readingVerbs begin the names of operations that ask and do nothing else: generate-credential-report only reads, too,
// but starts something.
var readingVerbs = []string{"get-", "list-", "describe-", "head-", "lookup-"}

// call takes a line on if it certainly asks and does nothing else. It reports whether the line is that of a command which
// reaches outside, whose words are not looked at for other calls.
func (c *certain) call(n *syntax.CallExpr, variable string) bool {
	command, found := c.Commands(shell.CallName(n))
	if !found || !analyse.Describe(command, []procedures.Word{{Text: shell.CallName(n), Known: true}}).ReachesOutside() {
		return false
	}
	texts, ok := c.expand(n.Args)
	args, _ := expand.Untext(texts)
	if slices.ContainsFunc(texts, func(t expand.Text) bool {
		return len(t.Marks) > 0 && strings.HasPrefix(t.Str, "-")
	}) {
		return true // whether it is an option is decided when the script comes to it
	}
	if !ok || !mentions(n, variable) || c.study.Wrong[analyse.PlaceOf(n.Pos())] != "" {
		return true
	}
	info := analyse.Describe(command, known(args, 0))
	if info.Effect != procedures.EffectRead || info.Call == nil || len(info.Writes)+len(info.Reads) > 0 {
		return true
	}
	_, operation, _ := strings.Cut(info.Call.Command, " ")
	if slices.ContainsFunc(readingVerbs, func(verb string) bool { return strings.HasPrefix(operation, verb) }) {
		c.calls = append(c.calls, texts)
	}
	return true
}

// mentions reports whether a command's words use a variable: a loop that asks the same again and again is one that waits.
func mentions(n syntax.Node, variable string) bool {
	found := false
	syntax.Walk(n, func(n syntax.Node) bool {
		if p, ok := n.(*syntax.ParamExp); ok && p.Param != nil && p.Param.Value == variable {
			found = true
		}
		return !found
	})
	return found
}

// expanders are variables that an expansion asks for by itself.
var expanders = []string{"IFS", "PWD", "HOME"}

// expand makes words of what is known; ok is false where something is not.
func (c *certain) expand(words []*syntax.Word) (fields []expand.Text, ok bool) {
	env := &knownEnviron{known: c.known, ok: true}
	part := c.used.meter.Part(0)
	defer part.Close() // the words are few, or not used
	config := &expand.Config{NoUnset: true, Env: env, Meter: func() *limits.Meter { return part }}
	fields, err := expand.FieldTexts(config, words...)
	return fields, env.ok && err == nil && len(fields) > 0
}

// knownEnviron has the variables whose values are known; ok is false when another one was asked for.
type knownEnviron struct {
	known map[string]expand.Text
	ok    bool
}

// Get implements expand.Environ. An empty value counts as unset, so that nothing is begun with it.
func (e *knownEnviron) Get(name string) expand.Variable {
	text, known := e.known[name]
	e.ok = e.ok && (known || slices.Contains(expanders, name))
	if text.Str == "" {
		return expand.Variable{}
	}
	return expand.Variable{Set: true, Exported: true, Kind: expand.String, Str: text.Str, Marks: text.Marks}
}

// Each implements expand.Environ.
func (*knownEnviron) Each(func(string, expand.Variable) bool) {}
