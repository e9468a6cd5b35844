package interpret

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/scripts/interp"

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

// wasConfirmed reports whether a changing call is the next one that was confirmed, and which one that is, from 1; why says how it is not.
// Every changing call takes its turn, in the order of the script. It has to be the confirmed one
// word for word; what else it is sent with is compared by compare.
func (r *running) wasConfirmed(args []string) (which int, why string) {
	r.used.mu.Lock()
	defer r.used.mu.Unlock()
	r.used.turns++
	which = r.used.turns - len(r.Made)
	if which > len(r.Confirmed) || r.Confirmed[which-1].Unknown {
		return which, "its call was not confirmed"
	}
	if was := r.Confirmed[which-1]; !slices.Equal(was.Words(), args) {
		now := procedures.PlannedCall{Program: args[0], Args: args[1:]}
		return which, "its call was not confirmed: " + strings.Join(was.Deviations(now), "; ")
	}
	return which, ""
}

// maxDeviations bounds how many members a message names.
const maxDeviations = 4

// compare finds out again what a confirmed call is sent with, and reports as an error how it differs from what was confirmed.
func (r *running) compare(ctx context.Context, h interp.HandlerContext, command procedures.Command, info procedures.LineInfo,
	args []string, number int) (*surroundings, error) {
	given, err := r.bind(ctx, h, command, info, args, shell.LineOf(r.script, h.Pos))
	if err != nil {
		return nil, err
	}
	now := procedures.PlannedCall{Program: args[0], Args: args[1:], Bound: given.members}
	if differs := r.Confirmed[number-1].Deviations(now); len(differs) > 0 {
		return nil, errors.New("it is not sent as it was approved: " + ShowDeviations(differs))
	}
	return given, nil
}

// ShowDeviations is what differs from what was approved, in one text.
func ShowDeviations(list []string) string {
	if rest := len(list) - maxDeviations; rest > 1 {
		list = append(slices.Clone(list[:maxDeviations]), fmt.Sprintf("and %d more", rest))
	}
	return strings.Join(list, "; ")
}

// begin has written into the journal that a changing call is about to be sent, and returns the context that it is sent in; ended
// is called when it was. Where that is not possible nothing is sent, which is said of the call.
func (r *running) begin(ctx context.Context, args []string, call procedures.Call) (sending context.Context, ended func(), err error) {
	line, number := call.Line, call.PlanNumber
	event := procedures.Event{
		Kind: procedures.EventCallBegins, Line: line, CallNumber: number, Text: shell.Quote(args),
		Digest: r.Confirmed[number-1].BoundDigest(r.Salt, number),
	}
	sending, ended = ctx, func() {}
	if r.Begin != nil {
		if sending, ended, err = r.Begin(ctx, r.Out.Mask().Event(event)); err != nil {
			call.Status, call.Error = statusNotSent, "not sent: "+procedures.Said(err)
			call.RuleVerdict = &procedures.Judgement{Verdict: procedures.Errored, Reason: "Not sent: " + procedures.Said(err) + "."}
			r.emit(procedures.Event{Kind: procedures.EventCall, Line: line, Call: &call})
			r.stopFor(fmt.Errorf("line %d was not run, and nothing of it was sent: %w", line, err))
			return nil, nil, interp.ExitStatus(2)
		}
	} else {
		r.emit(event)
	}
	r.used.mu.Lock()
	r.used.sent++
	r.used.mu.Unlock()
	return sending, ended, nil
}

// notBound ends a plan before a line whose input cannot be approved.
func (r *running) notBound(ctx context.Context, args []string, line int, why error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r.stopFor(fmt.Errorf("line %d cannot be planned: %w: %s", line, why, shell.Quote(args)))
	return interp.ExitStatus(2)
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
	r.stopFor(errors.New(why))
	return interp.ExitStatus(2)
}

// notConfirmed ends the step before a changing call that was not confirmed.
// Where calls were made before it, the script ends resumable, and the call is planned by another
// execution; else it ends with the reason.
func (r *running) notConfirmed(h interp.HandlerContext, args []string, line int, because string) error {
	because, differs, _ := strings.Cut(because, ": ")
	why := fmt.Sprintf("line %d was not run, because %s: %s", line, because, shell.Quote(args))
	if differs != "" {
		why += " (" + differs + ")"
	}
	if r.used.canResume() {
		r.emit(procedures.Event{
			Kind: procedures.EventNotice, Line: line,
			Text: "Not made yet: its values are only known now. It is planned, and confirmed, by itself.",
		})
		r.endResumable()
		return interp.ExitStatus(2)
	}
	fmt.Fprintf(h.Stderr, "opsbook: %s\n", why)
	r.stopFor(errors.New(why))
	return interp.ExitStatus(2)
}
