package interpret

import (
	"fmt"
	"slices"

	"mvdan.cc/sh/v3/interp"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// statusNotSent is the AWS CLI's exit status of a line that it refuses before it calls.
const statusNotSent = 252

// notSent says why a line with an error in it is not sent.
// It reports a call with an error verdict, and no request leaves the process.
func (r *running) notSent(h interp.HandlerContext, args []string, why string) error {
	line := shell.LineOf(r.script, h.Pos)
	fmt.Fprintf(h.Stderr, "opsbook: line %d is not sent: %s\n", line, why)
	name := args[0]
	if command, ok := r.Commands(name); ok {
		if info := analyse.Describe(command, known(args, line)); info.Call != nil {
			name = info.Call.Command
		}
	}
	r.emit(procedures.Event{Kind: procedures.EventCall, Line: line, Call: &procedures.Call{
		Program: args[0], Command: name, Args: args[1:], Effect: procedures.EffectNone, Status: statusNotSent, Error: why, Line: line,
		RuleVerdict: &procedures.Judgement{Verdict: procedures.Errored, Reason: "Not sent: " + why},
	}})
	return interp.ExitStatus(statusNotSent)
}

// wasConfirmed reports whether a changing call is the next one that was confirmed, and which one that is, from 1.
// Every changing call takes its turn, in the order of the script. It has to be the confirmed one
// word for word.
func (r *running) wasConfirmed(args []string) (which int, ok bool) {
	r.used.mu.Lock()
	defer r.used.mu.Unlock()
	r.used.turns++
	which = r.used.turns - len(r.Made)
	return which, which <= len(r.Confirmed) && slices.Equal(r.Confirmed[which-1].Words(), args)
}

// limit says why a call with an effect is not made here at all; empty where it is.
func (r *running) limit(effect procedures.Effect) string {
	if r.Limit == nil {
		return ""
	}
	return r.Limit(effect)
}

// overLimit ends the step before a call that is not made here at all.
// The whole step ends, as later lines may rely on the call. The exit status is 2.
func (r *running) overLimit(h interp.HandlerContext, args []string, line int, limit string) error {
	why := fmt.Sprintf("line %d was not run, because %s: %s", line, limit, shell.Quote(args))
	fmt.Fprintf(h.Stderr, "opsbook: %s\n", why)
	r.stopFor("%s", why)
	return interp.ExitStatus(2)
}

// notConfirmed ends the step before a changing call that was not confirmed.
// Where calls were made before it, the script ends resumable, and the call is planned by another
// execution; else it ends with the reason.
func (r *running) notConfirmed(h interp.HandlerContext, args []string, line int) error {
	why := fmt.Sprintf("line %d was not run, because its call was not confirmed: %s", line, shell.Quote(args))
	if r.used.canResume() {
		r.emit(procedures.Event{
			Kind: procedures.EventNotice, Line: line,
			Text: "Not made yet: its values are only known now. It is planned, and confirmed, by itself.",
		})
		r.endResumable()
		return interp.ExitStatus(2)
	}
	fmt.Fprintf(h.Stderr, "opsbook: %s\n", why)
	r.stopFor("%s", why)
	return interp.ExitStatus(2)
}
