// This file is Opsbook's: pipes, jobs, and what is read from commands as if it were a file.

package interp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"sync"

	"github.com/opsbook/opsbook/internal/scripts/expand"
	"mvdan.cc/sh/v3/syntax"
)

// Taking has files, pipes and calls of functions counted while they are open; release gives them back. An error ends the script.
type Taking func(ctx context.Context, pos syntax.Pos, descriptors, depth int) (release func(), err error)

// Take sets what counts. Nil counts nothing.
func Take(take Taking) RunnerOption {
	return func(r *Runner) error {
		r.take = take
		return nil
	}
}

// Jobs lets what stands before & run beside the script, if beside is set; otherwise the script waits for it.
func Jobs(beside bool) RunnerOption {
	return func(r *Runner) error {
		r.beside0 = beside
		return nil
	}
}

func (r *Runner) taken(ctx context.Context, pos syntax.Pos, descriptors, depth int) (release func(), ok bool) {
	if r.take == nil {
		return func() {}, true
	}
	release, err := r.take(ctx, pos, descriptors, depth)
	if err != nil {
		r.exit.fatal(err)
		return nil, false
	}
	return release, true
}

// What is open while a statement runs, in descriptors.
const (
	pipeDescriptors     = 2
	documentDescriptors = 2 // a here-document comes through a pipe
	inputDescriptors    = 3 // a file that is not the system's, and the pipe that it comes through
	outputDescriptors   = 1
)

// stages are the statements of a pipe, in their order, and which of them send their errors through it too.
func stages(b *syntax.BinaryCmd) (list []*syntax.Stmt, all []bool) {
	first := func(s *syntax.Stmt) bool {
		inner, ok := s.Cmd.(*syntax.BinaryCmd)
		return ok && (inner.Op == syntax.Pipe || inner.Op == syntax.PipeAll) && len(s.Redirs) == 0 && !s.Negated
	}
	if first(b.X) {
		list, all = stages(b.X.Cmd.(*syntax.BinaryCmd))
	} else {
		list = []*syntax.Stmt{b.X}
	}
	all = append(all, b.Op == syntax.PipeAll)
	if first(b.Y) {
		more, ends := stages(b.Y.Cmd.(*syntax.BinaryCmd))
		return append(list, more...), append(all, ends...)
	}
	return append(list, b.Y), all
}

// pipeline runs the statements of a pipe, each in a subshell; with lastpipe the last one in this shell.
func (r *Runner) pipeline(ctx context.Context, b *syntax.BinaryCmd) {
	list, all := stages(b)
	release, ok := r.taken(ctx, b.Pos(), pipeDescriptors*(len(list)-1), 0)
	if !ok {
		return
	}
	defer release()
	var wg sync.WaitGroup
	shells := make([]*Runner, len(list)-1)
	in, input, piped := r.stdin, r.input, r.piped
	var opened io.Closer // what the next stage reads: each closes its own when it ends, so that who writes learns that nobody reads
	for i, st := range list[:len(list)-1] {
		pr, pw, err := newPipeEnd()
		if err != nil {
			r.exit.fatal(err) // not being able to create a pipe is rare but critical
			break
		}
		r2 := r.subshell(true)
		r2.inLoop, r2.loops = false, 0
		r2.stdin, r2.input, r2.piped = in, input, piped
		r2.stdout = pw
		if all[i] {
			r2.stderr = pw
		}
		reader := opened
		shells[i] = r2
		wg.Go(func() {
			defer pw.Close()
			if reader != nil {
				defer reader.Close()
			}
			r2.alone(ctx, st)
		})
		in, input, piped = pr, inputAnything, list[0]
		if i > 0 {
			piped = b
		}
		opened = pr
	}
	last := list[len(list)-1]
	var exit exitStatus
	if r.opts[optLastPipe] && !r.exit.fatalExit {
		oldIn, oldInput, oldPiped := r.stdin, r.input, r.piped
		r.stdin, r.input, r.piped = in, input, piped
		r.stmt(ctx, last)
		r.stdin, r.input, r.piped = oldIn, oldInput, oldPiped
		exit = r.exit
	} else if !r.exit.fatalExit {
		r2 := r.subshell(false)
		r2.inLoop, r2.loops = false, 0
		r2.stdin, r2.input, r2.piped = in, input, piped
		r2.lastElement = true
		r2.alone(ctx, last)
		exit = r2.exit
	}
	if opened != nil {
		opened.Close()
	}
	wg.Wait()
	statuses := make([]string, 0, len(list))
	failed := exit
	for _, r2 := range slices.Backward(shells) {
		if r2 == nil {
			continue
		}
		if failed.ok() && !r2.exit.ok() {
			failed = r2.exit
		}
		if r2.exit.fatalExit {
			r.exit.fatal(r2.exit.err) // surface fatal errors immediately
		}
	}
	for _, r2 := range shells {
		if r2 != nil {
			statuses = append(statuses, strconv.Itoa(int(r2.exit.code)))
		}
	}
	r.pipeStatus = append(statuses, strconv.Itoa(int(exit.code)))
	if r.exit.fatalExit {
		return
	}
	if r.opts[optPipeFail] {
		exit = failed
	}
	if !r.opts[optLastPipe] {
		exit.leave()
	}
	r.exit = exit
}

// alone runs a statement in a subshell to its end, its traps included.
func (r *Runner) alone(ctx context.Context, st *syntax.Stmt) {
	defer r.recovered()
	defer r.free()
	if _, last := st.Cmd.(*syntax.Subshell); !last || !r.lastElement {
		r.element = st
	}
	switch st.Cmd.(type) {
	case *syntax.Subshell: // which is this shell itself
		r.level--
	case *syntax.CallExpr, *syntax.DeclClause:
		r.expanding = true
		if !r.counted {
			r.level--
		}
	}
	r.stmt(ctx, st)
	if r.around.text != "" && r.expanding && r.exit.exiting && !r.exit.fatalExit {
		r.traps = map[string]trapped{"EXIT": r.around} // the command was not begun
	}
	switch st.Cmd.(type) {
	case *syntax.WhileClause, *syntax.ForClause, *syntax.IfClause, *syntax.CaseClause:
		delete(r.traps, "EXIT") // bash forgets it where such a command is a shell of its own
	}
	r.ended(ctx)
}

// ended ends a subshell: what was set to run at its end is run, and the shell around goes on.
func (r *Runner) ended(ctx context.Context) {
	if r.signalled(ctx); !r.exit.fatalExit {
		r.exitTrap(ctx)
	}
	r.leaveJobs()
	if r.process != nil {
		r.process.end()
	}
	r.exit.leave()
}

// leave makes an exit, or a return, of a subshell one status.
func (e *exitStatus) leave() {
	if !e.fatalExit {
		e.exiting, e.returning, e.discarding = false, false, false
	}
}

// substitution is what a command writes, read as a file, or the other way round.
type substitution struct {
	path  string
	file  stdinFile // to read from; nil where the script writes
	to    io.Writer
	drop  func() // lets this shell's own end go
	close func() // lets it go, and waits for the command to end
	kept  bool   // exec has opened it for the shell
}

// substitutionFolder begins the names of substitutions, as it does in bash.
const substitutionFolder = "/dev/fd/"

// processSubstitution begins the command of <(…) or >(…), and returns the name of what it writes, or reads.
func (r *Runner) processSubstitution(ctx context.Context, ps *syntax.ProcSubst) (string, error) {
	if ps.Op != syntax.CmdIn && ps.Op != syntax.CmdOut {
		return "", errors.New("this process substitution is not supported here")
	}
	release, ok := r.taken(ctx, ps.Pos(), pipeDescriptors, 0)
	if !ok {
		return "", r.exit.err
	}
	pr, pw, err := newPipeEnd()
	if err != nil {
		release()
		return "", err
	}
	inner, cancel := context.WithCancel(ctx)
	r2 := r.subshell(true)
	r2.fillExpandConfig(inner)
	s := &substitution{path: substitutionFolder + strconv.Itoa(63-(len(r.substituted)+len(r.inherited))%50)}
	done := make(chan struct{})
	if ps.Op == syntax.CmdIn {
		r2.stdout, s.file = pw, pr
		r2.stdin, r2.input = r.stdin, r.input
		s.drop = func() { pr.Close(); cancel() }
	} else {
		r2.stdin, r2.input, r2.piped = pr, inputAnything, nil
		s.to = pw
		s.drop = func() { pw.Close() }
	}
	s.drop = sync.OnceFunc(s.drop)
	s.close = sync.OnceFunc(func() { s.drop(); <-done; cancel(); release() })
	held := func() {}
	if ps.Op == syntax.CmdOut {
		held = r2.holdOutputs()
	}
	r.marks.reads(r.within)
	go func() {
		defer close(done)
		defer held()
		defer r2.recovered()
		defer r2.free()
		r2.stmts(inner, ps.Stmts)
		r2.ended(inner)
		if ps.Op == syntax.CmdIn {
			pw.Close()
		} else {
			pr.Close()
		}
	}()
	r.substituted = append(r.substituted, s)
	return s.path, nil
}

// substitutionAt is the substitution of a name.
func (r *Runner) substitutionAt(path string) *substitution {
	for _, list := range [][]*substitution{r.substituted, r.inherited} {
		for _, s := range slices.Backward(list) {
			if s.path == path {
				return s
			}
		}
	}
	return nil
}

// closeSubstitutions ends those that a statement has begun, unless exec has opened one for the statements behind it.
func (r *Runner) closeSubstitutions(before int) {
	var kept []*substitution
	for _, s := range r.substituted[before:] { // one may write to another: all are let go before any is waited for
		if s.kept {
			kept = append(kept, s)
			continue
		}
		s.drop()
	}
	for _, s := range r.substituted[before:] {
		if !s.kept {
			s.close()
		}
	}
	r.substituted = append(r.substituted[:before], kept...)
}

// Substitution is what a process substitution with a name is read from; nil where there is none. (Opsbook)
func (hc HandlerContext) Substitution(path string) io.Reader {
	if hc.runner == nil {
		return nil
	}
	if s := hc.runner.substitutionAt(path); s != nil && s.file != nil {
		return s.file
	}
	return nil
}

// SubstitutionTo is where a process substitution with a name is written to; nil where there is none. (Opsbook)
func (hc HandlerContext) SubstitutionTo(path string) io.Writer {
	if hc.runner == nil {
		return nil
	}
	if s := hc.runner.substitutionAt(path); s != nil && s.to != nil {
		return s.to
	}
	return nil
}

// saysLine lets what printf complains of begin with its line, as a builtin's, until the function that it returns is called.
func (r *Runner) saysLine(line uint) func() {
	before := r.stderr
	if _, closed := before.(closedWriter); before == nil || closed {
		return func() {}
	}
	r.stderr = &lineWriter{before, line}
	return func() { r.stderr = before }
}

// lineWriter writes each complaint of printf with its line before it.
type lineWriter struct {
	io.Writer
	line uint
}

// Write implements io.Writer.
func (w *lineWriter) Write(p []byte) (int, error) {
	if bytes.HasPrefix(p, []byte("printf: ")) && !bytes.HasPrefix(p, []byte("printf: usage")) {
		if _, err := fmt.Fprintf(w.Writer, "bash: line %d: %s", w.line, p); err != nil {
			return 0, err
		}
		return len(p), nil
	}
	return w.Writer.Write(p)
}

// printfInto runs printf -v.
func (r *Runner) printfInto(ctx context.Context, pos syntax.Pos, texts []expand.Text) (exit exitStatus) {
	if len(texts) < 2 {
		r.errf("printf: usage: printf [-v var] format [arguments]\n")
		exit.code = 2
		return exit
	}
	name := texts[0]
	if err := name.NameError(len(name.Str), pos, "a variable"); err != nil {
		exit.fatal(err)
		return exit
	}
	base, sub, element := cutElemSubscript(name.Str)
	if !element && !syntax.ValidName(name.Str) || element && sub == "" {
		r.errf("printf: `%s': not a valid identifier\n", name.Str)
		exit.code = 2
		return exit
	}
	var out expand.Collected
	out.Meter = r.statement()
	old, oldMarks := r.stdout, r.argMarks
	words, marks := expand.Untext(texts[1:])
	r.stdout = &out
	if marks != nil {
		r.argMarks = append([]expand.Marks{nil}, marks...)
	} else {
		r.argMarks = nil
	}
	r.exit = exitStatus{}
	r.exec(ctx, pos, append([]string{"printf"}, words...))
	r.stdout, r.argMarks = old, oldMarks
	exit = r.exit
	r.exit = exitStatus{}
	value := expand.Text{Str: out.String()}
	for _, m := range marks {
		if mark, ok := m.First(); ok {
			mark.Made, mark.List = true, false
			value.Marks = expand.Whole(value.Str, mark)
			break
		}
	}
	if element {
		r.setElement(base, sub, value)
	} else {
		r.setVarText(name.Str, value)
	}
	if !r.exit.ok() && exit.ok() {
		exit = r.exit
	}
	return exit
}
