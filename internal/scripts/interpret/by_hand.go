package interpret

import (
	"errors"
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/interp"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// On the sandbox a program is rehearsed: it is noted, and answered with success. What it would print is not known, nor whether it would
// succeed, so that a script that uses that, in a pipe, a $(…), a file or a condition, cannot go on: from there on the step is done by hand.

// errByHand ends such a script.
var errByHand = errors.New("the rest of the step is done by hand")

// isUsed reports whether what a line prints is read by something: it does not go to the page, and is not thrown away.
func (r *running) isUsed(h interp.HandlerContext) bool {
	if _, thrown := h.Stdout.(nowhere); thrown {
		return false
	}
	if file, ok := h.Stdout.(*reportedFile); ok {
		_, thrown := file.WriteCloser.(nowhere)
		return !thrown
	}
	return !r.shown(h) && h.Stdout != r.err
}

// notCarriedOut ends the script before a line that asks for something that is not carried out here. Its status would be taken for that of
// the program.
func (r *running) notCarriedOut(h interp.HandlerContext, args []string, line int, why string) {
	call := procedures.Call{Program: args[0], Command: args[0], Args: args[1:], Effect: procedures.EffectNone, Line: line}
	_ = r.leaveRest(h, call, args, fmt.Sprintf("Line %d was not run: %s.", line, strings.TrimSuffix(why, ".")))
}

// leaveRest ends the script before a line; from there on the step is a person's.
func (r *running) leaveRest(h interp.HandlerContext, call procedures.Call, args []string, reason string) error {
	fmt.Fprintf(h.Stderr, "opsbook: %s From here on the step is done by hand: %s\n", reason, shell.Quote(args))
	call.Status = 127
	call.RuleVerdict = &procedures.Judgement{
		Verdict: procedures.Unavailable, Reason: reason,
		Advice: "Do the step by hand from this line on, and mark it as done: " + shell.Quote(args),
	}
	r.emit(procedures.Event{Kind: procedures.EventCall, Line: call.Line, Call: &call})
	r.used.mu.Lock()
	r.used.byHand = reason
	r.used.mu.Unlock()
	r.stopFor(errByHand)
	return errByHand
}

// handOver is why the script ended before a program whose value nobody knows; empty where it did not.
func (u *usage) handOver() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.byHand
}
