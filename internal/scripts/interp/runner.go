// Copyright (c) 2017, Daniel Martí <mvdan@mvdan.cc>
// See LICENSE for licensing information

package interp

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/opsbook/opsbook/internal/scripts/expand"
	"github.com/opsbook/opsbook/internal/scripts/internal"
	"mvdan.cc/sh/v3/syntax"
)

const (
	// shellReplyPS3Var, or PS3, is a special variable in Bash used by the select command,
	// while the shell is awaiting for input. the default value is [shellDefaultPS3]
	shellReplyPS3Var = "PS3"
	// shellDefaultPS3, or #?, is PS3's default value
	shellDefaultPS3 = "#? "
	// shellReplyVar, or REPLY, is a special variable in Bash that is used to store the result of
	// the select command or of the read command, when no variable name is specified
	shellReplyVar = "REPLY"
)

func (r *Runner) fillExpandConfig(ctx context.Context) {
	r.ectx = ctx
	r.ecfg = &expand.Config{
		Env:   expandEnv{r},
		Meter: r.statement,
		Names: r.nameMark,
		Line:  func() uint { return r.trapLine },
		Say:   func(message string) { r.complain("%s", message) },
		CmdSubst: func(w io.Writer, cs *syntax.CmdSubst) (*expand.Mark, error) {
			if len(cs.Stmts) == 0 {
				r.lastExpandExit = exitStatus{}
				return nil, nil
			}
			r2 := r.subshell(false)
			r2.within = &extent{around: r.within}
			into := &collecting{Writer: w}
			r2.stdout = into
			if !r.opts[optInheritErrExit] {
				r2.opts[optErrExit] = false // as in bash, which is not POSIX here
			}
			if catShortcutArg(cs.Stmts[0]) != nil && len(cs.Stmts) == 1 { // $(<file)
				r2.printFile(ctx, cs.Stmts[0].Redirs[0])
				r.marks.reads(r2.within)
				if !r2.exit.ok() && r.opts[optErrExit] && !r2.exit.fatalExit {
					r.exit.code, r.exit.exiting = 1, true // bash reports it itself
					return nil, errExpansion
				}
			} else {
				r2.stmts(ctx, cs.Stmts)
			}
			r2.ended(ctx)
			into.all.Wait()
			r2.free()
			r.lastExpandExit = r2.exit
			r.lastExit.code = r2.exit.code
			if r2.exit.fatalExit {
				return nil, r2.exit.err // surface fatal errors immediately
			}
			return r2.within.mark.Load(), nil
		},
		ProcSubst: func(ps *syntax.ProcSubst) (string, error) { return r.processSubstitution(ctx, ps) },
	}
	r.updateExpandOpts()
}

// printFile prints the file that a redirection names. (Opsbook)
func (r *Runner) printFile(ctx context.Context, rd *syntax.Redirect) {
	file, err := r.redir(ctx, rd)
	if err != nil {
		if !r.exit.fatalExit {
			r.errf("bash: %v\n", redirError(err))
		}
		r.exit.code = 1
		return
	}
	defer file.Close()
	if r.stdin != nil {
		if _, err := io.Copy(r.stdout, r.stdin); err != nil && isBound(err) {
			r.exit.fatal(err)
		}
	}
}

// catShortcutArg checks if a statement is of the form "$(<file)". The redirect
// word is returned if there's a match, and nil otherwise.
func catShortcutArg(stmt *syntax.Stmt) *syntax.Word {
	if stmt.Cmd != nil || stmt.Negated || stmt.Background || stmt.Coprocess || stmt.Disown {
		return nil
	}
	if len(stmt.Redirs) != 1 {
		return nil
	}
	redir := stmt.Redirs[0]
	if redir.Op != syntax.RdrIn {
		return nil
	}
	return redir.Word
}

func (r *Runner) updateExpandOpts() {
	if r.opts[optNoGlob] {
		r.ecfg.ReadDir2 = nil
	} else {
		r.ecfg.ReadDir2 = func(s string) ([]fs.DirEntry, error) {
			return r.readDirHandler(r.handlerCtx(r.ectx, handlerKindReadDir, todoPos), s)
		}
	}
	r.ecfg.GlobStar = r.opts[optGlobStar]
	r.ecfg.DotGlob = r.opts[optDotGlob]
	r.ecfg.NoCaseGlob = r.opts[optNoCaseGlob]
	r.ecfg.NullGlob = r.opts[optNullGlob]
	r.ecfg.FailGlob = r.opts[optFailGlob]
	r.ecfg.NoCaseMatch = r.opts[optNoCaseMatch]
	r.ecfg.NoUnset = r.opts[optNoUnset]
	r.ecfg.ExtGlob = r.opts[optExtGlob]
	r.ecfg.NoBraces = !r.opts[optBraceExpand]
}

func (r *Runner) expandErr(err error) {
	if err == nil {
		return
	}
	if isBound(err) || r.ectx.Err() != nil {
		r.exit.fatal(err)
		return
	}
	if field, ok := errors.AsType[*expand.FieldError](err); ok { // Opsbook: nothing after it is run
		r.exit.fatal(field)
		return
	}
	if errors.Is(err, errExpansion) {
		return // it was said
	}
	r.errf("bash: line %d: %v\n", r.line, err)
	if _, unset := errors.AsType[expand.UnsetParameterError](err); unset {
		r.exit.code = 1
		r.exit.exiting, r.exit.unwound = true, !r.opts[optErrExit]
		return
	}
	if r.reported(err) {
		return
	}
	status := 1
	if wrong, ok := errors.AsType[*expand.ExpansionError](err); ok {
		status = max(status, wrong.Status)
	}
	r.discardWith(status)
}

// reported ends the shell where set -e is set and an error is one that bash itself reports: that does not ask whether a condition is
// around it. Wrong expressions and substrings only drop their line.
func (r *Runner) reported(err error) bool {
	if _, expression := errors.AsType[*expand.ArithmError](err); expression || !r.opts[optErrExit] || r.exit.exiting {
		return false
	}
	if wrong, ok := errors.AsType[*expand.ExpansionError](err); ok && wrong.Why == expand.ShortSubstring {
		return false
	}
	r.exit.code, r.exit.exiting = max(r.lastExit.code, 1), true
	return true
}

// complain reports an error that ends nothing but a shell with set -e.
func (r *Runner) complain(format string, a ...any) {
	err := fmt.Errorf(format, a...)
	r.errf("bash: line %d: %v\n", r.line, err)
	r.reported(err)
}

// errExpansion is the error of what was not expanded, which was said.
var errExpansion = errors.New("an expansion has failed")

// discard ends all that stands on this line, as bash does where a word cannot be expanded: the script continues with the next line.
func (r *Runner) discard() { r.discardWith(1) }

func (r *Runner) discardWith(status int) {
	if !r.exit.exiting {
		r.exit.code, r.exit.exiting, r.exit.discarding = uint8(status), true, true
	}
}

func (r *Runner) arithm(expr syntax.ArithmExpr) int {
	n, err := expand.Arithm(r.ecfg, expr)
	r.expandErr(err)
	return n
}

// computed is an expression of ((…)), let or for: one that is wrong fails, and the line goes on. (Opsbook)
func (r *Runner) computed(compute func(*expand.Config, syntax.ArithmExpr) (int, error), expr syntax.ArithmExpr) (n int, ok bool) {
	n, err := compute(r.ecfg, expr)
	if err == nil {
		return n, true
	}
	if wrong, is := errors.AsType[*expand.ArithmError](err); is {
		r.errf("bash: line %d: ((: %v\n", r.line, wrong)
		r.exit.code = 1
		return 0, false
	}
	r.expandErr(err)
	if r.exit.discarding {
		r.exit.exiting, r.exit.discarding = false, false
	}
	return 0, false
}

func (r *Runner) fields(words ...*syntax.Word) []expand.Text {
	texts, err := expand.FieldTexts(r.ecfg, words...)
	r.expandErr(err)
	return texts
}

func (r *Runner) literal(word *syntax.Word) string { return r.literalText(word).Str }

func (r *Runner) literalText(word *syntax.Word) expand.Text {
	text, err := expand.LiteralText(r.ecfg, word)
	r.expandErr(err)
	return text
}

func (r *Runner) hereString(word *syntax.Word) string {
	text, err := expand.HereString(r.ecfg, word)
	r.expandErr(err)
	return text.Str
}

func (r *Runner) expression(word *syntax.Word) string {
	str, err := expand.Expression(r.ecfg, word)
	r.expandErr(err)
	return str
}

func (r *Runner) document(word *syntax.Word) string {
	str, err := expand.Document(r.ecfg, word)
	r.expandErr(err)
	return str
}

func (r *Runner) pattern(word *syntax.Word) string {
	str, err := expand.Pattern(r.ecfg, word)
	r.expandErr(err)
	return str
}

// expandEnviron exposes [Runner]'s variables to the expand package.
type expandEnv struct {
	r *Runner
}

var _ expand.WriteEnviron = expandEnv{}

func (e expandEnv) Get(name string) expand.Variable {
	vr := e.r.lookupVar(name)
	if vr.IsMarked() {
		e.r.marks.seen(vr, e.r.within)
	}
	return vr
}

func (e expandEnv) Set(name string, vr expand.Variable) error {
	return e.r.setVarErr(name, vr)
}

func (e expandEnv) Each(fn func(name string, vr expand.Variable) bool) {
	e.r.writeEnv.Each(fn)
}

var todoPos syntax.Pos // for handlerCtx callers where we don't yet have a position

func (r *Runner) handlerCtx(ctx context.Context, kind handlerKind, pos syntax.Pos) context.Context {
	hc := HandlerContext{
		runner:         r,
		kind:           kind,
		Env:            &overlayEnviron{parent: r.writeEnv},
		Dir:            r.Dir,
		Pos:            pos,
		Stdout:         r.stdout,
		Stderr:         r.stderr,
		LastExitStatus: int(r.lastExit.code),
		Marks:          r.argMarks,
	}
	if r.stdin != nil { // do not leave hc.Stdin as a typed nil
		hc.Stdin = r.stdin
	}
	return context.WithValue(ctx, handlerCtxKey{}, hc)
}

func (r *Runner) out(s string) {
	_, err := io.WriteString(r.stdout, s)
	r.wrote(err)
}

func (r *Runner) outf(format string, a ...any) {
	_, err := fmt.Fprintf(r.stdout, format, a...)
	r.wrote(err)
}

func (r *Runner) errf(format string, a ...any) {
	fmt.Fprintf(r.stderr, format, a...)
}

func (r *Runner) stop(ctx context.Context) bool {
	if r.exit.returning || r.exit.exiting || r.breakEnclosing > 0 || r.contnEnclosing > 0 {
		return true
	}
	if err := ctx.Err(); err != nil {
		r.exit.fatal(err)
		return true
	}
	if err := r.meter.Work(0); err != nil {
		r.exit.fatal(err)
		return true
	}
	if r.opts[optNoExec] {
		return true
	}
	return false
}

func (r *Runner) stmt(ctx context.Context, st *syntax.Stmt) {
	if r.signalled(ctx); r.stop(ctx) {
		return
	}
	r.exit = exitStatus{}
	if err := r.at(st.Pos()).Work(statementWork); err != nil {
		r.exit.fatal(err)
		return
	}
	if line := st.Pos().Line(); r.trapLine == 0 && line > 0 {
		r.cmdLine = line
	}
	if st.Background || st.Disown {
		r.begins(ctx, st)
	} else {
		r.stmtSync(ctx, st)
		if ownStatus(st.Cmd) {
			r.pipeStatus = []string{strconv.Itoa(int(r.exit.code))}
			if st.Negated {
				r.pipeStatus = []string{strconv.Itoa(int(r.rawCode))}
			}
		}
	}
	r.lastExit = r.exit
}

// ownStatus reports whether a command is a pipe of one, whose status PIPESTATUS has; others are made of commands that are. (Opsbook)
func ownStatus(cm syntax.Command) bool {
	switch cm.(type) {
	case *syntax.Block, *syntax.BinaryCmd, *syntax.IfClause, *syntax.WhileClause, *syntax.ForClause, *syntax.CaseClause, *syntax.FuncDecl,
		*syntax.TimeClause:
		return false
	}
	return true
}

func (r *Runner) stmtSync(ctx context.Context, st *syntax.Stmt) {
	defer r.begin(st.Pos())()
	_, traps := r.traps["ERR"]
	oldIn, oldOut, oldErr, oldInput, oldPiped, oldFds := r.stdin, r.stdout, r.stderr, r.input, r.piped, r.fds
	substituted, opened := len(r.substituted), true
	var closers []io.Closer
	if call, ok := st.Cmd.(*syntax.CallExpr); ok && len(st.Redirs) > 0 && len(call.Args) > 0 { // words are expanded first, as in bash
		fields := r.callFields(call)
		r.expanded = &fields
	}
	assigns := assignsOnly(st)
	if assigns { // what they expand is not redirected
		r.cmd(ctx, st.Cmd)
	}
	for _, rd := range st.Redirs {
		if r.exit.exiting {
			break
		}
		r.begun()
		cls, err := r.redir(ctx, rd)
		if err != nil {
			if !r.exit.fatalExit && !errors.Is(err, errExpansion) {
				// A fatal error from a handler is reported by [Runner.Run].
				r.errf("bash: line %d: %v\n", r.line, redirError(err))
			}
			r.exit.code = 1
			if call, ok := st.Cmd.(*syntax.CallExpr); ok && len(call.Args) == 1 && call.Args[0].Lit() == "exec" {
				r.exit.exiting = true
			} else if r.program() && r.exit.exiting && !r.exit.fatalExit {
				r.exit = exitStatus{code: 1} // a program's redirections are its process's, which is what ends
			}
			opened = false
			break
		}
		if cls != nil {
			closers = append(closers, cls)
		}
	}
	lasting := r.lasting
	r.lasting = nil
	if opened && !assigns && !r.exit.exiting && st.Cmd != nil {
		if st.Negated {
			noErrExit := r.noErrExit
			r.noErrExit = true
			r.cmd(ctx, st.Cmd)
			r.noErrExit = noErrExit
		} else {
			r.cmd(ctx, st.Cmd)
		}
	}
	r.expanded = nil
	r.rawCode = r.exit.code
	if st.Negated && !r.exit.exiting && !r.exit.returning {
		if r.exit.ok() {
			r.exit.code = 1
		} else {
			r.exit.clear()
		}
	}
	failed := !st.Negated && (failsItself(st) || !opened) && !r.exit.ok() && !r.noErrExit &&
		!r.exit.discarding && !r.exit.returning && !r.exit.exiting
	r.goesOn(st)
	if len(st.Redirs) > 0 && r.exit.exiting && !r.exit.discarding && !r.exit.unwound && !r.exit.fatalExit {
		r.exitTrap(ctx) // an exit does not come back from what it was redirected to
	}
	if r.keepRedirs {
		for _, s := range r.substituted[substituted:] {
			s.kept = true
		}
	}
	r.closeSubstitutions(substituted)
	if r.keepRedirs {
		// The exec builtin made this statement's redirections apply to the
		// shell itself, so don't undo them and keep their files open.
		r.keepRedirs = false
		r.kept = append(r.kept, closers...)
	} else if len(st.Redirs) > 0 {
		fds := r.fds
		r.stdin, r.stdout, r.stderr, r.input, r.piped, r.fds = oldIn, oldOut, oldErr, oldInput, oldPiped, oldFds
		if len(lasting) > 0 {
			for _, n := range lasting {
				r.setDescriptor(n, fds[n])
			}
			r.kept = append(r.kept, closers...)
		} else {
			for _, cls := range closers {
				cls.Close()
			}
		}
	}
	if failed { // what a trap prints does not go where the command's output went
		r.failed(ctx, st, traps)
	}
	if r.died != "" {
		r.saysDeath()
	}
}

// assignsOnly reports whether a statement has nothing but assignments and redirections. (Opsbook)
func assignsOnly(st *syntax.Stmt) bool {
	call, ok := st.Cmd.(*syntax.CallExpr)
	return ok && len(call.Args) == 0 && len(call.Assigns) > 0 && len(st.Redirs) > 0
}

// program reports whether the command whose words were expanded is neither a function nor one of bash's builtins. (Opsbook)
func (r *Runner) program() bool {
	if r.expanded == nil || len(*r.expanded) == 0 {
		return false
	}
	name := (*r.expanded)[0].Str
	return r.Funcs[name] == nil && !IsBuiltin(name)
}

// begun says that the words of a command are expanded which is a shell of its own.
func (r *Runner) begun() {
	if r.expanding && !r.counted {
		r.level++
	}
	r.expanding = false
}

// failed runs a trap of ERR, and ends the shell where set -e is set. Exceptions are conditions (if, while …), what stands on the left of
// && and ||, and what ! negates.
//
// traps says that the trap was there before the statement began: one that it has set is for those behind it.
func (r *Runner) failed(ctx context.Context, st *syntax.Stmt, traps bool) {
	if r.element != st && traps {
		r.errorTrap(ctx, st)
	}
	if r.opts[optErrExit] {
		r.exit.exiting, r.exit.failed = true, true
		r.goesOn(st)
	}
}

// goesOn lets a script go on behind a statement whose failure is handled.
func (r *Runner) goesOn(st *syntax.Stmt) {
	if r.exit.exiting && r.exit.failed && r.handled[st] {
		r.exit.exiting, r.exit.failed = false, false
	}
}

// callFields are the words of a command, expanded. (Opsbook)
func (r *Runner) callFields(cm *syntax.CallExpr) []expand.Text {
	if r.expanded != nil {
		fields := *r.expanded
		r.expanded = nil
		return fields
	}
	// Build new slices, to not modify the caller's AST
	// nor the slices in the alias map.
	args := cm.Args
	for i := 0; i < len(args); {
		if !r.opts[optExpandAliases] {
			break
		}
		als, ok := r.alias[args[i].Lit()]
		if !ok {
			break
		}
		if als.wrong != nil || strings.ContainsAny(als.text, ";&|<>()\n") { // Opsbook
			r.exit.fatal(fmt.Errorf("the alias %s is not one command, which is not supported here", args[i].Lit()))
			return nil
		}
		args = slices.Concat(args[:i], als.args, args[i+1:])
		if !als.blank {
			break
		}
		i += len(als.args)
	}
	r.lastExpandExit = exitStatus{}
	if len(args) > 2 && args[0].Lit() == "trap" {
		r.plainTrap(args[1])
	}
	return r.fields(args...)
}

// GoesOnAfter sets the statements after whose failure the script goes on in spite of errexit: the next one decides about their status. A
// function, a group or a subshell among them ends at the command that fails, and hands its status on. (Opsbook)
func (r *Runner) GoesOnAfter(statements map[*syntax.Stmt]bool) { r.handled = statements }

// failsItself reports whether set -e and a trap of ERR look at the status of a statement. That of a list, a loop or a group is one of its
// last command, which they have looked at. (Opsbook)
func failsItself(st *syntax.Stmt) bool {
	switch cm := st.Cmd.(type) {
	case *syntax.BinaryCmd:
		return cm.Op != syntax.AndStmt && cm.Op != syntax.OrStmt
	case *syntax.Block, *syntax.IfClause, *syntax.WhileClause, *syntax.ForClause, *syntax.CaseClause, *syntax.TimeClause:
		return false
	}
	return true
}

// redirError is an error of a redirection as bash says it.
func redirError(err error) error {
	if pe, ok := errors.AsType[*os.PathError](err); ok {
		text := pe.Err.Error()
		switch {
		case errors.Is(err, fs.ErrNotExist):
			text = "No such file or directory"
		case errors.Is(err, fs.ErrPermission):
			text = "Permission denied"
		default:
			if errno, ok := errors.AsType[syscall.Errno](err); ok { // Go's texts are those of the C library, in lower case
				text = strings.ToUpper(errno.Error()[:1]) + errno.Error()[1:]
			}
		}
		return fmt.Errorf("%s: %s", pe.Path, text)
	}
	return err
}

func (r *Runner) cmd(ctx context.Context, cm syntax.Command) {
	if r.stop(ctx) {
		return
	}

	tracingEnabled := r.opts[optXTrace]
	trace := r.tracer()

	switch cm := cm.(type) {
	case *syntax.Block:
		r.stmts(ctx, cm.Stmts)
	case *syntax.Subshell:
		r2 := r.subshell(false)
		r2.inLoop, r2.loops = false, 0 // break and continue do not reach the loops around it
		if r.passes {
			r2.process, r.passes = r.process, false
		}
		r2.stmts(ctx, cm.Stmts)
		r2.ended(ctx)
		r2.free()
		r.exit, r.died = r2.exit, r2.died
	case *syntax.CallExpr:
		fields := r.callFields(cm)
		if r.exit.exiting {
			return
		}
		if len(fields) == 0 {
			for _, as := range cm.Assigns {
				if r.exit.exiting {
					break
				}
				name := as.Name.Value

				prev := r.lookupVar(name)
				// Here we have a naked "foo=bar", so if we inherited a local var from a parent
				// function we want to signal that we are modifying the parent var rather than
				// creating a new local var via "local foo=bar".
				// TODO: there is likely a better way to do this.
				prev.Local = false

				name, vr := r.assignVal(name, prev, as, "")
				if r.exit.exiting { // its value was not expanded
					break
				}
				r.setVarWithIndex(prev, name, as.Index, vr, as.Append && as.Index != nil)

				if !tracingEnabled {
					continue
				}

				// Strangely enough, it seems like Bash prints original
				// source for arrays, but the expanded value otherwise.
				// Note that, unlike bash, we print neither the subscript
				// in `x[i]=y` nor just the appended value in `x+=y`.
				if as.Array != nil {
					trace.expr(as)
				} else if as.Value != nil {
					trace.stringf("%s=%s", name, quoteBash(vr.String()))
				}
				trace.newLineFlush()
			}
			if len(cm.Assigns) > 0 {
				r.lastArg = &expand.Text{}
			}
			// If interpreting the last expansion like $(foo) failed,
			// and the expansion and assignments otherwise succeeded,
			// we need to surface that last exit code.
			if r.exit.ok() {
				r.exit = r.lastExpandExit
			}
			break
		}

		type restoreVar struct {
			name string
			vr   expand.Variable
		}
		var restores []restoreVar

		failed := false
		for _, as := range cm.Assigns {
			name := as.Name.Value
			prev := r.lookupVar(name)
			// Resolve any nameref so we can restore the original final value later on.
			if n, v := prev.Resolve(r.writeEnv); n != "" {
				name, prev = n, v
			}

			name, vr := r.assignVal(name, prev, as, "")
			// Inline command vars are always exported.
			vr.Exported = true

			if r.exit.exiting {
				return
			}
			restores = append(restores, restoreVar{name, prev})
			if prev.ReadOnly {
				if r.complain("%s: readonly variable", name); r.exit.exiting {
					return
				}
				failed = true
				continue
			}
			r.setVar(name, vr)
		}
		if r.exit.exiting {
			return
		}

		words, marks := expand.Untext(fields)
		if tracingEnabled {
			n := 0
			for _, field := range words {
				n += len(field) + 1
			}
			if err := r.statement().Charge(8 * int64(n)); err != nil {
				r.expandErr(err)
				return
			}
		}
		trace.call(words[0], words[1:]...)
		trace.newLineFlush()
		if r.trapLine == 0 {
			r.command = cm
		}

		r.exit = exitStatus{}
		r.begun()
		r.call(ctx, cm.Args[0].Pos(), words, marks)
		exit := r.exit
		last := fields[len(fields)-1] // $_
		if at := strings.IndexByte(last.Str, '['); words[0] == "unset" && at > 0 && strings.HasSuffix(last.Str, "]") {
			last = expand.Text{Str: last.Str[:at]} // of an element, bash keeps the array
		}
		r.lastArg = &last
		for _, restore := range restores {
			if !restore.vr.ReadOnly {
				if now := r.lookupVar(restore.name); now.Exported && !restore.vr.Exported && restore.vr.IsSet() {
					now.Exported = false // attributes stay where a value is set, and this one was the command's
					_ = r.writeEnv.Set(restore.name, now)
				}
				r.setVar(restore.name, restore.vr)
			}
		}
		if !exit.ok() || !failed {
			r.exit = exit
		}
	case *syntax.BinaryCmd:
		switch cm.Op {
		case syntax.AndStmt, syntax.OrStmt:
			oldNoErrExit := r.noErrExit
			r.noErrExit = true
			r.stmt(ctx, cm.X)
			r.noErrExit = oldNoErrExit
			if r.exit.ok() == (cm.Op == syntax.AndStmt) {
				r.stmt(ctx, cm.Y)
			}
		case syntax.Pipe, syntax.PipeAll:
			r.pipeline(ctx, cm)
		}
	case *syntax.IfClause:
		oldNoErrExit := r.noErrExit
		r.noErrExit = true
		r.stmts(ctx, cm.Cond)
		r.noErrExit = oldNoErrExit
		if r.stop(ctx) {
			return
		}

		if r.exit.ok() {
			r.stmts(ctx, cm.Then)
			break
		}
		r.exit.clear()
		if cm.Else != nil {
			r.cmd(ctx, cm.Else)
		}
	case *syntax.WhileClause:
		last := exitStatus{} // of the body: Opsbook
		for !r.stop(ctx) {
			oldNoErrExit := r.noErrExit
			r.noErrExit = true
			r.inLoopCond(func() { r.stmts(ctx, cm.Cond) })
			r.noErrExit = oldNoErrExit
			if r.exit.exiting || r.exit.returning {
				return
			}
			if r.contnEnclosing > 0 {
				if r.contnEnclosing--; r.contnEnclosing > 0 {
					break
				}
				last = exitStatus{}
				continue
			}
			if r.breakEnclosing > 0 {
				r.breakEnclosing--
				last = exitStatus{}
				break
			}
			stop := r.exit.ok() == cm.Until
			r.exit.clear()
			if stop {
				break
			}
			broken := r.loopStmtsBroken(ctx, cm.Do)
			last = r.exit
			if broken {
				break
			}
		}
		if !r.exit.exiting && !r.exit.returning {
			r.exit = last
		}
	case *syntax.ForClause:
		switch y := cm.Loop.(type) {
		case *syntax.WordIter:
			name := y.Name.Value
			items := expand.Texts(r.Params, r.paramMarks) // for i; do ...

			inToken := y.InPos.IsValid()
			if inToken {
				items = r.fields(y.Items...) // for i in ...; do ...
				if r.exit.exiting {
					return
				}
			}

			if cm.Select {
				ps3 := cmp.Or(r.envGet(shellReplyPS3Var), shellDefaultPS3)

				for menu := true; ; {
					if menu {
						// display menu
						for i, word := range items {
							r.errf("%d) %v\n", i+1, word.Str)
						}
						menu = false
					}
					r.errf("%s", ps3)

					line, err := r.readLine(ctx, true)
					if err != nil {
						r.errf("\n")
						r.exit.code = 1
						break
					}
					if len(line) == 0 {
						menu = true // no reply; show the menu again
						continue
					}

					reply := string(line)
					r.setVarText(shellReplyVar, r.wasRead(reply))

					if c, _ := strconv.Atoi(reply); c > 0 && c <= len(items) {
						r.setVarText(name, items[c-1])
					} else {
						r.setVarString(name, "")
					}

					// execute commands until break or return is encountered
					if r.loopStmtsBroken(ctx, cm.Do) {
						break
					}
				}
				break
			}

			for _, field := range items {
				r.exit.clear()
				if r.setLoopVar(name, field); r.exit.exiting || !r.exit.ok() {
					break
				}
				trace.stringf("for %s in", y.Name.Value)
				if inToken {
					for _, item := range y.Items {
						trace.string(" ")
						trace.expr(item)
					}
				} else {
					trace.string(` "$@"`)
				}
				trace.newLineFlush()
				if r.loopStmtsBroken(ctx, cm.Do) {
					break
				}
			}
		case *syntax.CStyleLoop:
			if y.Init != nil {
				if _, ok := r.computed(expand.Arithm, y.Init); !ok {
					break
				}
			}
			for {
				// Opsbook: a failure of the body's last statement does not end the loop; one of an expression does.
				last := r.exit
				r.exit.clear()
				if y.Cond != nil {
					n, ok := r.turn(y.Cond)
					if !ok {
						break
					}
					if n == 0 {
						r.exit = last
						break
					}
				}
				if r.loopStmtsBroken(ctx, cm.Do) {
					break
				}
				if r.stop(ctx) {
					break
				}
				if y.Post != nil {
					last := r.exit
					r.exit.clear()
					if _, ok := r.turn(y.Post); !ok {
						break
					}
					r.exit = last
				}
			}
		}
	case *syntax.FuncDecl:
		if cm.Name == nil { // e.g. zsh's anonymous or multi-name functions
			r.errf("unsupported\n")
			r.exit.code = 1
			break
		}
		r.setFunc(cm.Name.Value, cm.Body)
	case *syntax.ArithmCmd:
		if n, ok := r.computed(expand.Arithm, cm.X); ok {
			r.exit.oneIf(n == 0)
		}
	case *syntax.LetClause:
		if tracingEnabled {
			trace.string("let")
			for _, expr := range cm.Exprs {
				trace.stringf(" %s", r.letArgString(trace.printer, expr))
			}
			trace.newLineFlush()
		}
		var val int
		for _, expr := range cm.Exprs {
			var ok bool
			if val, ok = r.computed(expand.ArithmWord, expr); !ok {
				return
			}
		}
		r.exit.oneIf(val == 0)
	case *syntax.CaseClause:
		trace.string("case ")
		trace.expr(cm.Word)
		trace.string(" in")
		trace.newLineFlush()
		str := r.literal(cm.Word)
		if r.exit.exiting {
			return
		}
		runNext := false // whether the previous item ended with ";&"
		for _, ci := range cm.Items {
			if !runNext && !slices.ContainsFunc(ci.Patterns, func(word *syntax.Word) bool {
				pattern := r.pattern(word)
				return !r.exit.exiting && r.match(pattern, str)
			}) {
				if r.exit.exiting {
					return
				}
				continue
			}
			r.stmts(ctx, ci.Stmts)
			switch ci.Op {
			case syntax.Fallthrough: // ";&" runs the next item unconditionally
				runNext = true
			case syntax.Resume, syntax.ResumeKorn: // ";;&" and ";|" resume matching
				runNext = false
			default: // ";;" or the last item stop
				return
			}
		}
	case *syntax.TestClause:
		if r.bashTest(ctx, inOrder(cm.X)) == "" && r.exit.ok() {
			// to preserve exit status code 2 for regex errors, etc
			r.exit.code = 1
		}
	case *syntax.DeclClause:
		r.declClause(ctx, cm)
	case *syntax.TimeClause:
		start := time.Now()
		if cm.Stmt != nil {
			r.stmt(ctx, cm.Stmt)
		}
		format := "%s\t%s\n"
		if cm.PosixFormat {
			format = "%s %s\n"
		} else {
			r.errf("\n")
		}
		real := time.Since(start)
		r.errf(format, "real", elapsedString(real, cm.PosixFormat))
		// TODO: can we do these?
		r.errf(format, "user", elapsedString(0, cm.PosixFormat))
		r.errf(format, "sys", elapsedString(0, cm.PosixFormat))
	default:
		// Should only happen if we forgot a case above.
		r.errf("unhandled command node: %T\n", cm)
		r.exit.code = 1
	}
}

// Opsbook: the text is the value of an assignment that is a word, as it was expanded; nil for none.
func (r *Runner) flattenAssigns(args []*syntax.Assign) iter.Seq2[*syntax.Assign, *expand.Text] {
	return func(yield func(*syntax.Assign, *expand.Text) bool) {
		given := make([]*expand.Text, len(args)) // words are expanded before anything is assigned
		for i, as := range args {
			if as.Name != nil && as.Value != nil {
				text, err := expand.AssignedText(r.ecfg, as.Value)
				r.expandErr(err)
				if r.exit.exiting {
					return
				}
				given[i] = &text
			}
		}
		for i, as := range args {
			// Convert "declare $x" into "declare value".
			// Don't use syntax.Parser here, as we only want the basic
			// splitting by '='.
			if as.Name != nil {
				if !yield(as, given[i]) {
					return
				}
				continue
			}
			pos := as.Value.Pos()
			for _, field := range r.fields(as.Value) {
				as := &syntax.Assign{}
				name, val, ok := strings.Cut(field.Str, "=")
				if before, appends := strings.CutSuffix(name, "+"); ok && appends {
					name, as.Append = before, true
				}
				as.Name = &syntax.Lit{Value: name}
				if err := field.NameError(len(name), pos, "a variable"); err != nil {
					r.expandErr(err)
					return
				}
				var given *expand.Text
				if !ok {
					as.Naked = true
				} else {
					as.Value = &syntax.Word{} // an empty one: given is the value
					rest := field.From(strings.IndexByte(field.Str, '=') + 1)
					given = &rest
					_ = val
				}
				if !yield(as, given) {
					return
				}
			}
		}
	}
}

// letArgString reproduces one expression of a let clause as bash would print it
// when tracing, that is, as the single quoted word that bash's let receives.
func (r *Runner) letArgString(printer *syntax.Printer, expr syntax.ArithmExpr) string {
	if word, ok := expr.(*syntax.Word); ok {
		return quoteBash(r.literal(word))
	}
	// The printer only prints an arithmetic expression as part of a parent node,
	// so print a let clause holding just this expression and drop the keyword.
	// The keyword borrows the expression's position to stay on the same line.
	// TODO: drop this workaround if [syntax.Printer.Print] learns to print
	// an arithmetic expression on its own.
	var sb strings.Builder
	if err := printer.Print(&sb, &syntax.LetClause{
		Let:   expr.Pos(),
		Exprs: []syntax.ArithmExpr{expr},
	}); err != nil { // should never happen
		panic(err)
	}
	return strings.TrimPrefix(sb.String(), "let ")
}

func (r *Runner) match(pat, name string) bool {
	if !internal.HasGlob(pat, true) && !r.opts[optNoCaseMatch] {
		return internal.UnquoteGlob(pat) == name
	}
	return internal.NewGlob(r.statement(), pat, true, r.opts[optNoCaseMatch]).Match(name)
}

func elapsedString(d time.Duration, posix bool) string {
	if posix {
		return fmt.Sprintf("%.2f", d.Seconds())
	}
	mins := int(d.Minutes())
	sec := math.Mod(d.Seconds(), 60.0)
	return fmt.Sprintf("%dm%.3fs", mins, sec)
}

func (r *Runner) stmts(ctx context.Context, stmts []*syntax.Stmt) {
	for _, stmt := range stmts {
		r.stmt(ctx, stmt)
		if r.breakEnclosing > 0 || r.contnEnclosing > 0 {
			return // Opsbook: what stands behind a break is not run, wherever the break stands
		}
	}
}

// lines runs the statements of a file. Where a word cannot be expanded, what stands on the same line is not run. (Opsbook)
func (r *Runner) lines(ctx context.Context, stmts []*syntax.Stmt) {
	for i, stmt := range stmts {
		if i > 0 && r.exit.discarding {
			if stmts[i-1].End().Line() == stmt.Pos().Line() {
				continue
			}
			r.exit = exitStatus{code: r.exit.code}
			r.lastExit, r.pipeStatus = r.exit, []string{strconv.Itoa(int(r.exit.code))}
		}
		r.stmt(ctx, stmt)
	}
	if r.exit.discarding {
		r.exit = exitStatus{code: r.exit.code}
	}
}

func (r *Runner) hdocReader(rd *syntax.Redirect) (stdinFile, input, error) {
	pr, pw, err := newPipe()
	if err != nil {
		return nil, inputAnything, err
	}
	before := r.within
	own := &extent{around: before}
	r.within = own
	hdoc := r.hdocString(rd)
	r.within = before
	if r.exit.exiting {
		pr.Close()
		pw.Close()
		return nil, inputAnything, errExpansion
	}
	// We write to the pipe in a new goroutine,
	// as pipe writes may block once the buffer gets full.
	// We still construct and buffer the entire heredoc first,
	// as doing it concurrently would lead to different semantics and be racy.
	go func() {
		io.WriteString(pw, hdoc)
		pw.Close()
	}()
	return pr, own.input(), nil
}

// hdocQuotedDelim reports whether a here-document delimiter word is quoted,
// as in "<<'EOF'" or "<<\EOF", which makes its body literal.
func hdocQuotedDelim(word *syntax.Word) bool {
	for _, wp := range word.Parts {
		switch wp := wp.(type) {
		case *syntax.Lit:
			if strings.Contains(wp.Value, "\\") {
				return true
			}
		case *syntax.SglQuoted, *syntax.DblQuoted:
			return true
		}
	}
	return false
}

// hdocWord returns a here-document body, or one of its lines, as a string.
// A quoted delimiter, as in "<<'EOF'", makes the body literal,
// in which case the parser only gives us literal parts.
// Note that a partly quoted delimiter, such as "<<'A'B",
// is not spotted by the parser either, so we still expand its body.
func (r *Runner) hdocWord(word *syntax.Word, quoted bool) string {
	if quoted {
		if lit := word.Lit(); lit != "" {
			return lit
		}
	}
	return r.document(word)
}

// hdocString returns the body of a here-document as a string.
func (r *Runner) hdocString(rd *syntax.Redirect) string {
	if rd.Hdoc == nil {
		return "" // an empty here-document
	}
	quoted := hdocQuotedDelim(rd.Word)
	if rd.Op != syntax.DashHdoc {
		return r.hdocWord(rd.Hdoc, quoted)
	}
	// Strip the leading tabs from each line.
	var buf strings.Builder
	var cur []syntax.WordPart
	lines := 0
	flushLine := func() {
		if lines++; lines > 1 { // the first may be empty
			buf.WriteByte('\n')
		}
		line := r.hdocWord(&syntax.Word{Parts: cur}, quoted)
		if err := r.statement().Charge(2 * int64(len(line))); err != nil {
			r.expandErr(err)
			return
		}
		buf.WriteString(line)
		cur = cur[:0]
	}
	for _, wp := range rd.Hdoc.Parts {
		lit, ok := wp.(*syntax.Lit)
		if !ok {
			cur = append(cur, wp)
			continue
		}
		first := true
		for part := range strings.SplitSeq(lit.Value, "\n") {
			if !first {
				flushLine()
			}
			first = false
			if len(cur) == 0 {
				part = strings.TrimLeft(part, "\t")
			}
			cur = append(cur, &syntax.Lit{Value: part})
		}
	}
	flushLine()
	return buf.String()
}

func (r *Runner) loopStmtsBroken(ctx context.Context, stmts []*syntax.Stmt) bool {
	oldInLoop := r.inLoop
	r.inLoop = true
	defer func() { r.inLoop = oldInLoop }()
	r.loops++
	defer func() { r.loops-- }()
	for _, stmt := range stmts {
		r.stmt(ctx, stmt)
		if r.contnEnclosing > 0 {
			r.contnEnclosing--
			return r.contnEnclosing > 0
		}
		if r.breakEnclosing > 0 {
			r.breakEnclosing--
			return true
		}
	}
	return r.exit.exiting || r.exit.returning
}

// inLoopCond runs the condition of a loop, in which break and continue are its own. (Opsbook)
func (r *Runner) inLoopCond(run func()) {
	oldInLoop := r.inLoop
	r.inLoop = true
	r.loops++
	run()
	r.loops--
	r.inLoop = oldInLoop
}

// setLoopVar sets the variable of a loop. (Opsbook)
func (r *Runner) setLoopVar(name string, field expand.Text) {
	if vr := r.lookupVar(name); vr.ReadOnly {
		r.complain("%s: readonly variable", name)
		r.exit.code = 1
		return
	}
	r.setVarText(name, field)
}

// source is the text of a node, for a message. (Opsbook)
func (r *Runner) source(n syntax.Node) string {
	var b bytes.Buffer
	if syntax.NewPrinter().Print(&b, n) != nil {
		return ""
	}
	return b.String()
}

// Opsbook: marks are those of args, as many, or nil for none. A handler that returns as many words returns the same ones.
func (r *Runner) call(ctx context.Context, pos syntax.Pos, args []string, marks []expand.Marks) {
	r.callNamed(ctx, pos, args, marks, true)
}

// callNamed is [Runner.call]; without functions it finds none, as the command builtin does. Whoever gets to a command gets here, so
// that the handler sees every one at the moment when it is called.
func (r *Runner) callNamed(ctx context.Context, pos syntax.Pos, args []string, marks []expand.Marks, functions bool) {
	if r.stop(ctx) {
		return
	}
	r.argMarks = marks
	if r.callHandler != nil {
		var err error
		before := len(args)
		args, err = r.callHandler(r.handlerCtx(ctx, handlerKindCall, pos), args)
		if err != nil {
			// handler's custom fatal error
			r.exit.fatal(err)
			return
		}
		if len(args) != before {
			marks = nil
			r.argMarks = nil
		}
	}
	name := args[0]
	if body := r.Funcs[name]; body != nil && functions {
		// stack them to support nested func calls
		oldParams, oldMarks := r.Params, r.paramMarks
		r.Params, r.paramMarks = args[1:], nil
		if marks != nil {
			r.paramMarks = marks[1:]
		}
		oldInFunc, oldInLoop, oldLoops, oldOptions := r.inFunc, r.inLoop, r.loops, r.ownOptions
		r.ownOptions = nil
		r.inFunc, r.inLoop, r.loops = true, false, 0
		release, ok := r.taken(ctx, pos, 0, 1)
		if !ok {
			return
		}
		oldFile := r.file
		r.file = r.definedIn[name]
		r.calls = append(r.calls, called{name, pos.Line(), r.file})
		errTrap, trapsErr := r.traps["ERR"]
		if trapsErr = trapsErr && !r.opts[optErrTrace]; trapsErr {
			delete(r.traps, "ERR")
		}

		// Functions run in a nested scope.
		// Note that [Runner.exec] below does something similar.
		origEnv := r.writeEnv
		r.writeEnv = &overlayEnviron{parent: r.writeEnv, funcScope: true}

		oldHeld := r.params
		r.params = nil
		options := r.optState
		scope := r.writeEnv.(*overlayEnviron)
		scope.held = r.meter.Part(0)

		r.stmt(ctx, body)

		if scope.hasLocal("OPTIND") {
			r.optState = options
		}
		scope.held.Close()
		r.writeEnv = origEnv

		r.Params, r.paramMarks = oldParams, oldMarks
		r.params.Close()
		r.params = oldHeld
		if r.ownOptions != nil {
			r.opts = *r.ownOptions
			r.updateExpandOpts()
		}
		r.inFunc, r.inLoop, r.loops, r.ownOptions = oldInFunc, oldInLoop, oldLoops, oldOptions
		r.file, r.calls = oldFile, r.calls[:len(r.calls)-1]
		if _, set := r.traps["ERR"]; trapsErr && !set {
			if r.traps == nil {
				r.traps = map[string]trapped{}
			}
			r.traps["ERR"] = errTrap
		}
		release()
		r.exit.returning = false
		return
	}
	if IsBuiltin(name) {
		var rest []expand.Marks
		if marks != nil {
			rest = marks[1:]
		}
		r.unwritten = nil
		texts, input := expand.Texts(args[1:], rest), r.input
		r.splitBy(name, texts)
		r.exit = r.builtin(ctx, pos, name, texts)
		r.input = input
		r.failedWrite(name)
		if err := r.meter.Work(0); err != nil { // it does not fail by itself where a bound was met
			r.exit.fatal(err)
		}
		if name == "set" {
			r.holdParams()
		}
		return // nothing is read but what a builtin says
	}
	if r.pure == nil || !r.pure(name) {
		r.marks.reads(r.within)
	}
	r.exec(ctx, pos, args)
}

func (r *Runner) open(ctx context.Context, path string, flags int, mode os.FileMode, print bool) (io.ReadWriteCloser, error) {
	f, err := r.openHandler(r.handlerCtx(ctx, handlerKindOpen, todoPos), path, flags, mode)
	// TODO: support wrapped PathError returned from openHandler.
	switch err.(type) {
	case nil:
		return f, nil
	case *os.PathError:
		if print {
			r.errf("%v\n", err)
		}
	default: // handler's custom fatal error
		r.exit.fatal(err)
	}
	return nil, err
}

func (r *Runner) stat(ctx context.Context, name string) (fs.FileInfo, error) {
	if name == "" { // Opsbook: no file has no name
		return nil, &os.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
	}
	path := absPath(r.Dir, name)
	return r.statHandler(r.handlerCtx(ctx, handlerKindStat, todoPos), path, true)
}

func (r *Runner) lstat(ctx context.Context, name string) (fs.FileInfo, error) {
	path := absPath(r.Dir, name)
	return r.statHandler(r.handlerCtx(ctx, handlerKindStat, todoPos), path, false)
}

func (r *Runner) access(ctx context.Context, name string, mode AccessMode) error {
	path := absPath(r.Dir, name)
	return r.accessHandler(r.handlerCtx(ctx, handlerKindAccess, todoPos), path, mode)
}
