package engine

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Baking is from where a bake resumes that another process began, and how it waits.
// The journal is the only memory of a bake: Began and Samples come from its events, so that any process can resume it.
type Baking struct {
	Began   time.Time       // when it began; zero for now
	Samples journal.Samples // the samples so far
	Now     func() time.Time
	// Wait returns at a time, or with an error when ctx ends before; nil for a timer.
	Wait func(ctx context.Context, until time.Time) error
	// Turn waits until a sample may be taken, and returns what is called after it; nil for no limit.
	Turn func(ctx context.Context) (done func(), err error)
}

// waitUntil is the usual Wait.
func waitUntil(ctx context.Context, until time.Time) error {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// keptNotice says which outputs of a bake are kept.
const keptNotice = "Of a good sample only the verdict and the numbers are kept. The whole output is kept of the first sample, " +
	"of samples that are not good, and of the last."

// baking is a bake that is being executed.
// It is used by one goroutine.
type baking struct {
	Baking
	engine    *Engine
	execution Execution
	spec      *procedures.Bake
	kept      int // samples that were not good and whose output was kept
}

// bake takes samples until one is not good or the time is over. The schedule of samples counts from when the bake began, so that a
// bake that another process resumes takes no longer.
// The status is 0 for one that lasted its time, and 130 for one that was interrupted.
func (g *Engine) bake(ctx context.Context, x Execution) Result {
	b := &baking{Baking: x.Bake, engine: g, execution: x, spec: x.Step.Bake}
	// A wrong annotation ends it, unless the run executes corrected lines.
	if b.spec.Wrong != "" && !x.Corrected {
		return Result{Status: 2, Judgement: procedures.Judgement{Verdict: procedures.Errored, Reason: "Not begun: " + b.spec.Wrong + "."}}
	}
	if b.Now == nil {
		b.Now = time.Now
	}
	if b.Wait == nil {
		b.Wait = waitUntil
	}
	if b.Began.IsZero() {
		b.Began = b.Now()
	}
	// Of a resumed bake, due samples that nobody took are counted and said, not made up.
	if b.Samples.N() == 0 {
		b.notice(keptNotice)
	} else if n := b.overdue(b.Now()); n > 0 {
		b.Samples.Miss(n)
		were := fmt.Sprintf("%d samples were", n)
		if n == 1 {
			were = "1 sample was"
		}
		b.notice(fmt.Sprintf("%s missed between %s and %s: no server was running. The bake resumes for the remaining time.",
			were, b.Samples.Last().At.UTC().Format("15:04:05"), b.Now().UTC().Format("15:04:05 UTC")))
	}
	r := b.run(ctx)
	r.Began = b.Began
	return r
}

// run is the loop of samples. A last sample that could not run is repeated, so a bake may end a little later than its
// time.
func (b *baking) run(ctx context.Context) Result {
	next := b.Began
	if last := b.Samples.Last(); last != nil {
		next = b.after(last.At.Add(-last.Took))
	}
	for {
		if err := b.Wait(ctx, next); err != nil {
			return b.interrupted()
		}
		began := b.Now()
		r, ok := b.sample(ctx, began)
		if !ok { // ctx ended in the middle
			return b.interrupted()
		}
		if j := stops(&b.Samples, b.spec, b.Began); j != nil {
			return Result{Status: max(r.Status, j.Verdict.Exit()), Judgement: *j}
		}
		if !began.Before(b.end()) && r.Judgement.Verdict != procedures.Errored {
			j := b.Samples.Judge()
			if b.spec.For == 0 {
				j.Reason = fmt.Sprintf("Nobody ended it in %s. %s", journal.Seconds(procedures.WatchLongest), j.Reason)
			}
			return Result{Judgement: j}
		}
		next = b.after(began)
	}
}

// errorsInARow is how many samples in a row may fail to run (throttled, timed out) before a bake ends as an error.
// Throttling and short outages must not end a bake of an hour.
const errorsInARow = 3

// stops judges a bake that its newest sample ends before its time; nil where it continues.
// A failed sample and an unavailable one end it at once, as does an error that cannot pass.
func stops(l *journal.Samples, b *procedures.Bake, began time.Time) *procedures.Judgement {
	last := l.Last()
	if last == nil {
		return nil
	}
	j := last.Judgement
	at := fmt.Sprintf("sample %d, after %s", l.N(), journal.Seconds(last.At.Sub(began)))
	if b.For > 0 {
		at += " of " + journal.Seconds(b.For)
	}
	switch {
	case j.Verdict == procedures.Failed, j.Verdict == procedures.Unavailable, j.Verdict == procedures.Errored && hopeless(j):
		j.Reason = "Stopped at " + at + ": " + j.Reason
	case l.ErrorsInARow >= errorsInARow:
		j.Reason = fmt.Sprintf("Stopped at %s: %d samples in a row could not run. The last error: %s", at, l.ErrorsInARow, j.Reason)
	default:
		return nil
	}
	return &j
}

// hopeless reports whether a sample that could not run never will.
func hopeless(j procedures.Judgement) bool {
	return strings.HasPrefix(j.Reason, "Not sent: ") || strings.HasPrefix(j.Reason, noSuchAlarm)
}

// interrupted is what a bake comes to that is stopped from outside. One whose time was not over has not passed, whatever it
// sampled; one without an end is ended like that, in a terminal.
// 130 is a shell's status for an interrupt.
func (b *baking) interrupted() Result {
	j := b.Samples.Judge()
	if b.spec.For > 0 {
		j = procedures.Judgement{Verdict: procedures.Errored, Reason: fmt.Sprintf("Stopped after %s of %s, before its time was over. %s",
			journal.Seconds(b.Now().Sub(b.Began)), journal.Seconds(b.spec.For), j.Reason)}
	}
	return Result{Status: 130, Judgement: j}
}

// end is when the time is over.
func (b *baking) end() time.Time {
	if b.spec.For == 0 {
		return b.Began.Add(procedures.WatchLongest)
	}
	return b.Began.Add(b.spec.For)
}

// after is when the sample is due after one that began at a time. A last one that could not run is repeated.
// It is a multiple of Every after Began, however long a sample takes; the last is at the end.
func (b *baking) after(at time.Time) time.Time {
	end := b.end()
	if !at.Before(end) {
		return at.Add(b.spec.Every)
	}
	next := at.Add(b.spec.Every - at.Sub(b.Began)%b.spec.Every)
	if next.After(end) {
		return end
	}
	return next
}

// overdue counts the samples that were due since the last one, without the one that is taken now.
func (b *baking) overdue(now time.Time) int {
	last := b.Samples.Last()
	n := -1
	for at := b.after(last.At.Add(-last.Took)); !at.After(now); at = b.after(at) {
		if n++; !at.Before(b.end()) {
			break
		}
	}
	return max(n, 0)
}

// notice emits a sentence about the bake itself.
func (b *baking) notice(text string) {
	b.execution.Out.Emit(procedures.Event{Kind: procedures.EventNotice, Text: text, Line: b.execution.Step.Line})
}
