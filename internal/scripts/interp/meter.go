// This file is Opsbook's: how a runner is charged for what its scripts hold and compute.

package interp

import (
	"errors"
	"fmt"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/scripts/expand"
	"mvdan.cc/sh/v3/syntax"
)

const (
	statementWork = 1000 // of a statement, or a turn of a loop
	variableBytes = 160  // of a variable besides its value: its place in maps
	memberBytes   = 96   // of a member of an array besides its text
	treeBytes     = 300  // of a byte of text that is parsed
	elementWork   = 8    // of an element of an array that is set: its lists are copied
)

// Meter charges a runner. first is the line of the file that the script's first line stands in, 0 for none.
func Meter(m *limits.Meter, first int) RunnerOption {
	return func(r *Runner) error {
		r.meter, r.first = m, first
		return nil
	}
}

// metering is what a runner charges.
type metering struct {
	meter  *limits.Meter // of the step; nil charges nothing
	beside *limits.Meter // of a subshell that runs beside its shell, whose work it is; nil for the step's
	first  int
	line   uint          // of the statement that runs now
	part   *limits.Meter // of the statement that runs now; nil until something is charged
	params *limits.Meter // of the positional parameters that were set

	unwritten error // why the builtin that runs now could not write
}

// wrote keeps that something could not be written.
func (r *Runner) wrote(err error) {
	if err != nil && r.unwritten == nil {
		r.unwritten = err
	}
}

// failedWrite ends a builtin that could not write, as bash does: where nobody reads any more the subshell ends like a process
// with SIGPIPE, anything else is said.
func (r *Runner) failedWrite(name string) {
	err := r.unwritten
	switch {
	case err == nil || r.exit.fatalExit:
	case isBound(err) && r.meter.Work(0) != nil:
		r.exit.fatal(err)
	case isSigPipe(err) && !r.trapped("PIPE"):
		r.exit.code, r.exit.exiting = sigPipe, true
	default:
		r.exit.code = 1
		r.errf("bash: %s: write error: %v\n", name, err)
	}
}

// isBound reports whether an error ends the whole step.
func isBound(err error) bool {
	_, ok := errors.AsType[*limits.Error](err)
	return ok
}

// recovered ends a subshell, and with it the step, where the interpreter breaks: a goroutine that panics would end the server.
func (r *Runner) recovered() {
	if p := recover(); p != nil {
		r.exit.fatal(fmt.Errorf("the interpreter cannot run this script (%v); nothing after that was run", p))
	}
}

// at notes the line that messages name, and returns the step's meter.
func (r *Runner) at(pos syntax.Pos) *limits.Meter {
	if line := pos.Line(); line > 0 {
		r.line = line
		if r.first > 0 {
			r.meter.Line(r.first + int(line) - 1)
		}
	}
	return r.works()
}

// works is the meter whose work the runner does.
func (r *Runner) works() *limits.Meter {
	if r.beside != nil {
		return r.beside
	}
	return r.meter
}

// statement is what the statement that runs now is charged to.
func (r *Runner) statement() *limits.Meter {
	if r.part == nil && r.meter != nil {
		line := 0
		if r.first > 0 {
			line = r.first + int(r.line) - 1
		}
		r.part = r.meter.Part(line).Share(r.works())
	}
	return r.part
}

// begin begins a statement: what it is charged is given back by the function that is returned.
func (r *Runner) begin(pos syntax.Pos) (end func()) {
	r.at(pos)
	if r.meter == nil {
		return func() {}
	}
	outer := r.part
	r.part = nil
	return func() {
		r.part.Close()
		r.part = outer
	}
}

// turn computes an expression of a loop's turn; ok is false where it is none.
func (r *Runner) turn(expr syntax.ArithmExpr) (n int, ok bool) {
	defer r.begin(syntax.Pos{})()
	if err := r.works().Work(statementWork); err != nil {
		r.exit.fatal(err)
		return 0, false
	}
	return r.computed(expand.Arithm, expr)
}

// free gives back what a subshell held that has ended.
func (r *Runner) free() {
	r.part.Close()
	r.params.Close()
	if o, ok := r.writeEnv.(*overlayEnviron); ok {
		o.held.Close()
	}
}

// holdParams charges the positional parameters that were set, in place of those before.
func (r *Runner) holdParams() {
	if r.meter == nil {
		return
	}
	n := 0
	for _, p := range r.Params {
		n += len(p) + memberBytes
	}
	before := r.params
	r.params = r.meter.Part(0)
	if err := r.params.Charge(int64(n)); err != nil {
		r.exit.fatal(err)
	}
	before.Close()
}

// sizeOf is what a variable holds, in bytes.
func sizeOf(vr expand.Variable) int64 {
	n := int64(variableBytes + len(vr.Str))
	for _, s := range vr.List {
		n += int64(len(s)) + memberBytes/3
	}
	for k, v := range vr.Map {
		n += int64(len(k)+len(v)) + memberBytes
	}
	return n
}
