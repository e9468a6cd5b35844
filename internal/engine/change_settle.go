package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/mask"
	"github.com/opsbook/opsbook/internal/procedures"
)

// settleTime bounds the waiting for what a step changed, where the step's own timeout does not.
const settleTime = time.Hour

// errSettling is why a wait ended that took too long.
var errSettling = errors.New("it took too long")

// CancelledError is the cause with which a person cancels an execution.
type CancelledError struct{ By string }

// Error says who cancelled it, as far as they have a name.
func (c CancelledError) Error() string {
	if c.By == "" {
		return "cancelled"
	}
	return "cancelled by " + c.By
}

// Applied gathers which of the confirmed calls were made, by their numbers from 1.
// It is not safe for concurrent use: one goroutine adds the events of a script.
type Applied []int

// Add takes an event of the script in.
// A call counts when it succeeded; planned and rehearsed ones change nothing.
func (a *Applied) Add(e procedures.Event) {
	c := e.Call
	if c != nil && c.PlanNumber > 0 && c.Status == 0 && c.Planned == nil && !c.Rehearsed && !slices.Contains(*a, c.PlanNumber) {
		*a = append(*a, c.PlanNumber)
	}
}

// settled is what became of one call.
type settled struct {
	change  procedures.Change
	problem string // what did not go as it was shown; empty for nothing
}

// Settle waits, for a bounded time, until what the calls changed is stable, a few at once, and calls keep with each change and
// what has become different, one at a time. shown are the changes as they were shown, one for each confirmed call; calls are
// numbers of them, from 1. What did not go as planned, or could not be kept, becomes part of the judgement.
// Only a verdict that is good so far is replaced, by a warning: a failed step stays failed.
func (g *Engine) Settle(ctx context.Context, x Execution, calls []int, shown []procedures.Change,
	keep func(procedures.Change) error, judgement *procedures.Judgement,
) {
	x = x.closed()
	m := x.Out.Mask()
	limit := cmp.Or(x.Step.Annotations.Timeout, settleTime)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errSettling)
	defer cancel()
	results := make(chan settled)
	places := make(chan struct{}, inspectTogether)
	var all sync.WaitGroup
	for _, n := range calls {
		if n > len(x.Confirmed) {
			continue
		}
		before := procedures.Change{}
		if n <= len(shown) {
			before = shown[n-1]
		}
		all.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			results <- g.settle(ctx, x, n, before, limit)
		})
	}
	go func() { all.Wait(); close(results) }()
	var problems, done []string
	for r := range results {
		if r.problem != "" {
			problems = append(problems, m.Text(r.problem))
		} else if known(&r.change) {
			masked := m.Change(r.change)
			done = append(done, journal.ChangeText(&masked))
		}
		if err := keep(r.change); err != nil {
			problems = append(problems, "What has become different could not be kept: "+m.Text(procedures.Said(err))+".")
		}
	}
	slices.Sort(problems)
	slices.Sort(done)
	if len(problems) > 0 && judgement.Verdict.Exit() == 0 {
		*judgement = procedures.Judgement{
			Verdict: procedures.Warned, Reason: strings.Join(slices.Compact(problems), " "), Advice: m.Text(CheckFirst(x.Confirmed)),
		}
	} else if len(done) > 0 && judgement.Verdict == procedures.Info { // what the calls answered is older than what is there now
		judgement.Reason = oneSentence(done)
	}
}

// settle waits until what one of the confirmed calls changed is stable.
// The change was made whatever comes of the wait, so its problem says that it stays.
func (g *Engine) settle(ctx context.Context, x Execution, n int, before procedures.Change, limit time.Duration) settled {
	call, r := x.Confirmed[n-1], settled{change: before}
	r.change.Differences, r.change.Warnings, r.change.Permissions, r.change.Stable = nil, nil, nil, false
	if inspector, ok := g.inspector(call); ok {
		after, err := inspector.Settle(ctx, invocation(x, call), &before)
		if after != nil {
			r.change = *after
		}
		if err != nil {
			r.change.Stable, r.change.NoWait = false, notAwaited(ctx, err, limit)
			r.problem = fmt.Sprintf("The change of %s was made, and stays; %s.", cmp.Or(r.change.Resource, call.Command), r.change.NoWait)
		} else if unlike := unfulfilled(before, r.change); len(unlike) > 0 {
			r.change.Warnings = unlike
			r.problem = strings.Join(unlike, " ")
		}
	}
	r.change = described(r.change, call)
	r.change.PlanNumber = n
	return r
}

// Apply executes a changing step, as Execute, and then waits for what its calls changed. changes are the changes as they were
// shown. It returns what has become different, in the order of the calls. Emit is told of both.
// No change is returned where nothing was changed, or where the script was cut off: whether its last call was made is
// then not known.
func (g *Engine) Apply(ctx context.Context, x Execution, changes []procedures.Change) (Result, []procedures.Change) {
	var calls Applied
	x = x.closed()
	x.Out = x.Out.Also(func(e mask.Event) { calls.Add(e.Open()) })
	r := g.Execute(ctx, x)
	if len(calls) == 0 || r.State == nil && ctx.Err() != nil {
		return r, nil
	}
	x.Out.Emit(procedures.Event{Kind: procedures.EventApplied, Judgement: &r.Judgement, Status: r.Status, Resumable: r.Resumable})
	var out []procedures.Change
	g.Settle(ctx, x, calls, changes, func(change procedures.Change) error {
		change = ShownChange(change, x.Out.Mask())
		x.Out.Emit(procedures.Event{Kind: procedures.EventChanged, Change: &change})
		out = append(out, change)
		return nil
	}, &r.Judgement)
	slices.SortFunc(out, func(a, b procedures.Change) int { return cmp.Compare(a.PlanNumber, b.PlanNumber) })
	return r, out
}

// CheckFirst says what to read before changes are made again that may have been made.
// A call that may be repeated without harm says so itself (Restartable); of others, at most three reading commands are
// named.
func CheckFirst(calls []procedures.PlannedCall) string {
	const most = 3
	var lines []string
	for _, c := range calls {
		if c.ReadCommand != "" && !slices.Contains(lines, c.ReadCommand) && len(lines) < most {
			lines = append(lines, c.ReadCommand)
		}
	}
	onceMore := func(c procedures.PlannedCall) bool { return !c.Restartable }
	switch {
	case len(calls) > 0 && !slices.ContainsFunc(calls, onceMore):
		return "It is not repeated automatically. Run it again: it does what is left, and nothing twice. To list what is left: " +
			strings.Join(lines, "; ")
	case len(lines) == 0:
		return "Check what was changed before you run it again."
	}
	return "It is not repeated automatically. Check whether it was done before you run it again: " + strings.Join(lines, "; ")
}

// oneSentence joins what was said.
func oneSentence(parts []string) string {
	all := strings.Join(parts, "; ")
	first, size := utf8.DecodeRuneInString(all)
	return string(unicode.ToUpper(first)) + all[size:] + "."
}

// known reports whether it is known what a change that was made has made different.
func known(c *procedures.Change) bool {
	return c.Stable && c.NotRead == "" && (len(c.Differences) > 0 || c.Absent)
}

// notAwaited says why a wait did not come to its end.
func notAwaited(ctx context.Context, err error, limit time.Duration) string {
	cause := context.Cause(ctx)
	switch {
	case errors.As(cause, new(CancelledError)):
		return "the wait for it was " + procedures.Said(cause)
	case errors.Is(cause, errSettling):
		return fmt.Sprintf("it was not stable within %s", limit)
	}
	return "it could not be awaited: " + strings.TrimSuffix(procedures.Said(err), ".")
}

// unfulfilled says which members have another value than predicted, where that is known.
func unfulfilled(before, after procedures.Change) []string {
	if after.NotRead != "" || !after.Stable {
		return nil
	}
	var out []string
	for _, d := range before.Differences {
		i := slices.IndexFunc(after.Differences, func(is procedures.Difference) bool { return is.Path == d.Path })
		switch {
		case i < 0:
			out = append(out, fmt.Sprintf("%s of %s was to become %s, and is still %s.", d.Path, after.Resource,
				journal.OrAbsent(d.After), journal.OrAbsent(d.Before)))
		case after.Differences[i].After != d.After:
			out = append(out, fmt.Sprintf("%s of %s was to become %s, and is %s.", d.Path, after.Resource,
				journal.OrAbsent(d.After), journal.OrAbsent(after.Differences[i].After)))
		}
	}
	return out
}

// Bounds of a change in the journal.
const (
	maxShown = 200     // differences
	maxValue = 4 << 10 // bytes of one value
)

// ShownChange is a change as the journal has it: masked and bounded, without the document that was read before.
// It does not change the one that it is given.
func ShownChange(change procedures.Change, m *mask.Mask) procedures.Change {
	out := m.Change(change)
	out.Before = nil
	if rest := len(out.Differences) - maxShown; rest > 0 {
		out.Differences = out.Differences[:maxShown]
		out.Warnings = append(out.Warnings, fmt.Sprintf("%d more members are different.", rest))
	}
	for i := range out.Differences {
		d := &out.Differences[i]
		d.Before, d.After = cut(d.Before), cut(d.After)
	}
	return out
}

// cut shortens a value at a whole character.
func cut(value string) string {
	if len(value) <= maxValue {
		return value
	}
	return strings.ToValidUTF8(value[:maxValue], "") + "…"
}
