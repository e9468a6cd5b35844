package interpret

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/scripts/interp"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// A script whose later changes use what an earlier one answers is confirmed in parts: what is known is planned and made; then the
// script ends before the first changing call that was not shown. Its next execution begins at its beginning: what it reads is
// read again, and its first changing calls are not made but answered with what they answered then.

// maxAnswer bounds what a changing call may print so that it can be answered with it again, in bytes.
const maxAnswer = 256 << 10

// unknownValue stands, when planning, for what a changing call will print.
const unknownValue = "KNOWN-WHEN-CALL-%d-IS-MADE"

var unknownMark = lazy.Regexp(`KNOWN-WHEN-CALL-\d+-IS-MADE`)

// unknownIn reports whether a word has a value in it that only an earlier change will tell.
func unknownIn(args []string) bool {
	return slices.ContainsFunc(args, func(a string) bool { return strings.Contains(a, "KNOWN-WHEN-CALL-") && unknownMark().MatchString(a) })
}

// ShowUnknown writes what only an earlier change will tell as $(…) in a command line.
func ShowUnknown(line string) string { return unknownMark().ReplaceAllString(line, "$$(…)") }

// answerMade answers the next changing call with what an earlier execution of this script was
// answered, if that one made it already. A script that would make another call now is stopped.
func (r *running) answerMade(h interp.HandlerContext, args []string, line int) (done bool, err error) {
	r.used.mu.Lock()
	at := r.used.turns
	if at < len(r.Made) {
		r.used.turns++
	}
	r.used.mu.Unlock()
	if at >= len(r.Made) {
		return false, nil
	}
	made := r.Made[at]
	if !slices.Equal(made.Args, args) {
		why := fmt.Sprintf("line %d: the script now makes a different call "+
			"than it made before (%s), so it was stopped: %s", line, shell.Quote(made.Args), shell.Quote(args))
		fmt.Fprintf(h.Stderr, "opsbook: %s\n", why)
		r.stopFor(errors.New(why))
		return true, interp.ExitStatus(2)
	}
	r.emit(procedures.Event{
		Kind: procedures.EventNotice, Line: line, Text: "Already made, and not made again: the script resumes with its earlier answer.",
	})
	if _, err := io.WriteString(h.Stdout, made.Output); err != nil {
		return true, interp.ExitStatus(1)
	}
	if made.Status != 0 {
		return true, interp.ExitStatus(uint8(made.Status))
	}
	return true, nil
}

// answer is what a changing call prints, kept for the next execution.
type answer struct {
	bytes.Buffer
	over bool // it was more than is kept
}

// Write implements io.Writer. It never fails: the script goes on.
func (a *answer) Write(p []byte) (int, error) {
	if a.Len()+len(p) > maxAnswer {
		a.over = true
		return len(p), nil
	}
	return a.Buffer.Write(p)
}

// keepMade keeps that a changing call was made, with what it printed and its exit status.
// What is kept is charged until the step ends.
func (r *running) keepMade(args []string, a *answer, status int) {
	size := a.Len()
	for _, arg := range args {
		size += len(arg)
	}
	if r.used.meter.Charge(int64(size)) != nil {
		return // the step ends, and is not resumed
	}
	r.used.mu.Lock()
	defer r.used.mu.Unlock()
	r.used.made = append(r.used.made, procedures.MadeCall{Args: slices.Clone(args), Output: a.String(), Status: status})
	r.used.over = r.used.over || a.over
	r.used.succeeded = r.used.succeeded || status == 0
}

// canResume reports whether another execution may resume the script: it has made calls whose answers are kept.
func (u *usage) canResume() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.succeeded && !u.over
}

// ended reports whether the script ended for another execution to resume it, and which calls it has made.
func (u *usage) ended() (bool, []procedures.MadeCall) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.resumable, slices.Clone(u.made)
}

// errResumable ends a script whose child has ended for another execution to resume it.
var errResumable = errors.New("the values of what follows are known after the changes before it")

// planUnknown plans a call some of whose values only an earlier change will tell. A changing one is shown as far as it is known;
// what stands behind it is planned when the values are there.
// A call that only reads ends the plan at once, and so does a changing one after it is shown.
func (r *running) planUnknown(ctx context.Context, command procedures.Command, effect procedures.Effect, args []string, line int) error {
	if effect.Changes() {
		words := make([]procedures.Word, len(args))
		for i, a := range args {
			words[i] = procedures.Word{
				Text: unknownMark().ReplaceAllString(a, "$(…)"), Known: !unknownMark().MatchString(a), Source: a, Line: line, Col: i + 1,
			}
		}
		call := procedures.PlannedCall{Command: strings.Join(args[:min(len(args), 2)], " ")}
		if p := analyse.Describe(command, words).Call; p != nil {
			call = *p
		}
		call.Program, call.Args, call.Effect, call.Line, call.Unknown = args[0], args[1:], effect, line, true
		if strings.Contains(call.Resource, "$(…)") {
			call.Resource = ""
		}
		r.emitPlanned(&call)
		r.emit(procedures.Event{
			Kind: procedures.EventCall, Line: line,
			Call: &procedures.Call{Program: args[0], Command: call.Command, Args: call.Args, Effect: effect, Line: line, Planned: &call},
		})
	}
	r.endResumable()
	return ctx.Err()
}

// endResumable ends the script: what stands behind this place is for another execution.
func (r *running) endResumable() {
	r.used.mu.Lock()
	r.used.resumable = true
	r.used.mu.Unlock()
	r.stopFor(errResumable)
}

// planned lets a changing call that was only planned print what stands for its answer.
// A call that prints its predicted answer by itself needs no stand-in.
func (r *running) planned(h interp.HandlerContext, printed bool) {
	r.used.mu.Lock()
	r.used.turns++
	n := r.used.turns
	r.used.mu.Unlock()
	if !printed {
		_, _ = fmt.Fprintf(h.Stdout, unknownValue+"\n", n)
	}
}

// plannedAny reports whether a changing call was planned by this execution: what is read behind it may be different when it is made.
func (r *running) plannedAny() bool {
	r.used.mu.Lock()
	defer r.used.mu.Unlock()
	return r.used.turns > len(r.Made)
}

// sniffer passes an input on and sees whether a value in it is not known yet.
type sniffer struct {
	io.Reader
	seen bytes.Buffer
	mu   sync.Mutex // a script that the command runs may read beside it
}

// Read implements io.Reader.
func (s *sniffer) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen.Len() < maxAnswer {
		s.seen.Write(p[:n])
	}
	return n, err
}

// mark is the stand-in that was read, nil for none.
func (s *sniffer) mark() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return unknownMark().Find(s.seen.Bytes())
}

// runUnknown runs, while planning, a command that may be given what is not known yet: what it makes of that is not known either.
// Where its input holds a stand-in the output is that stand-in, with status 0.
func (r *running) runUnknown(ctx context.Context, command procedures.Command, inv *procedures.Invocation) int {
	if inv.Stdin == nil {
		inv.Stdin = strings.NewReader("")
	}
	in, out, problems := &sniffer{Reader: inv.Stdin}, limits.Buffer{Meter: inv.Meter}, limits.Buffer{Meter: inv.Meter}
	stdout, stderr := inv.Stdout, inv.Stderr
	inv.Stdin, inv.Stdout, inv.Stderr = in, &out, &problems
	status := command.Run(ctx, inv)
	if mark := in.mark(); mark != nil {
		_, _ = fmt.Fprintf(stdout, "%s\n", mark)
		return 0
	}
	_, _ = stderr.Write(problems.Bytes())
	if _, err := stdout.Write(out.Bytes()); err != nil && status == 0 {
		return 1
	}
	return status
}
