package work

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/mask"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/runs/ledger"
	"github.com/opsbook/opsbook/internal/runs/sealed"
)

// outcome is what an execution came to.
type outcome struct {
	engine.Result
	snapshot *engine.Snapshot // the caller closes it
	started  time.Time        // of an execution that is resumed; zero for one that begins
	// whole reports that nothing was cut off: the execution has ended as Result says, whatever asked to stop it meanwhile.
	whole bool
}

// execute executes an execution by the text of its run, and writes its journal.
// Whatever is missing (the step, the environment, a key) is a verdict of the execution, not an error of the worker:
// trying again would not help.
func (w *Worker) execute(ctx context.Context, run *procedures.Run, e *procedures.Execution) (done outcome) {
	ctx = procedures.WithActing(ctx, procedures.Acting{Who: e.By, Run: run.ID, Procedure: run.Procedure})
	fail := func(err error) outcome {
		return outcome{Result: engine.Result{Judgement: procedures.Judgement{Verdict: procedures.Errored, Reason: procedures.Said(err)}}}
	}
	if err := w.Executions.Open(e); err != nil {
		return fail(err)
	}
	ctx, span := startStep(ctx, run, e)
	defer func() { endStep(span, done.Judgement.Verdict) }()
	// What is read before it begins is tried again as what is written: nothing has happened yet, and nothing is wrong with the step.
	lib, err := reading(ctx, w, func() (*runbook.Library, error) { return w.Ledger.LibraryOf(ctx, run) })
	if err != nil {
		return fail(err)
	}
	p, _, err := lib.Find(run.Procedure)
	if err != nil {
		return fail(err)
	}
	step := p.Step(e.Step)
	if step == nil {
		return fail(fmt.Errorf("the runbook has no step %s any more", e.Step))
	}
	if err := w.needed(ctx, run, p, step, e); err != nil {
		return outcome{Result: engine.Result{Judgement: procedures.Judgement{
			Verdict: procedures.Skipped, Reason: "Not begun: " + procedures.Said(err) + ".",
		}}}
	}
	g, err := w.Engine(run.Environment)
	if err != nil {
		return fail(err)
	}
	if e.RollbackOf != "" {
		if step, err = g.RollbackStep(p, step, e.Script != "", e.Script); err != nil {
			return fail(err)
		}
	}
	// Also while the server ends: a step that cannot begin for that reason would be judged as an error of its own.
	begins := context.WithoutCancel(ctx)
	snapshot, err := reading(begins, w, func() (*engine.Snapshot, error) { return w.Snapshots.Open(begins, run.ID) })
	if err != nil {
		return fail(err)
	}
	answers, err := reading(begins, w, func() ([]procedures.KeptAnswer, error) { return w.Executions.Answers(begins, nil, e) })
	if err != nil {
		snapshot.Close()
		return fail(err)
	}
	now := time.Now
	if e.Confirmed != nil { // the times that the plan computed are those that are applied
		now = func() time.Time { return cmp.Or(e.Clock, e.AskedAt) }
	}
	x := engine.Execution{
		Out: mask.NewEmitter(
			g.MaskOf(ctx, e, snapshot.State, slices.Concat(engine.Secrets(p, e.Parameters), sealed.HiddenIn(answers))...), nil),
		Step: step, Scripts: lib.Script, State: snapshot.State, Parameters: e.Parameters, Salt: e.Salt, Answers: answers,
		Files: snapshot.Files(w.Runbooks), Corrected: e.Corrected, Confirmed: e.Confirmed, Made: e.Made, Now: now,
	}
	if step.Bake != nil {
		if x.Bake, err = w.baking(ctx, e); err != nil {
			snapshot.Close()
			return fail(err)
		}
	}
	if e.Applied {
		return w.resumeSettling(ctx, g, x, e, snapshot)
	}
	return w.run(ctx, g, x, e, snapshot)
}

// needed reports as an error that a step which reads was requested together with one that it needs, and that has not passed.
func (w *Worker) needed(
	ctx context.Context, run *procedures.Run, p *procedures.Procedure, step *procedures.Step, e *procedures.Execution,
) error {
	if len(step.Annotations.Needs) == 0 || e.Effect.Changes() {
		return nil
	}
	view, err := reading(ctx, w, func() (*journal.View, error) { return w.Ledger.View(ctx, run.ID) })
	if err != nil {
		return err
	}
	return journal.Needed(view, p, step)
}

// run runs a step's script, and waits for what it changed.
// A changing step is rechecked first: where its resources are no longer as they were shown, nothing is called.
func (w *Worker) run(ctx context.Context, g *engine.Engine, x engine.Execution, e *procedures.Execution,
	snapshot *engine.Snapshot) outcome {
	out := outcome{snapshot: snapshot}
	var calls engine.Applied
	recorder := w.record(ctx, e)
	x.Out = x.Out.To(recorder.add)
	quiet := tellWaits(ctx, x.Out)
	if e.Effect.Changes() {
		x.Out = x.Out.Also(func(event mask.Event) { calls.Add(event.Open()) })
		x.Begin = recorder.begin
		out.Result = w.recheck(ctx, g, x, e)
	}
	if out.Judgement.Verdict == "" {
		out.Result = g.Execute(ctx, x)
	}
	quiet()
	if recorder.refused != nil {
		out.Judgement = recorder.judgeRefused()
	}
	if err := recorder.close(); err != nil {
		out.Judgement = procedures.Judgement{Verdict: procedures.Errored, Reason: "Its output could not be kept: " + procedures.Said(err)}
	}
	// Without a State the script was cut off: whether its last call was made is not known, and it is not applied.
	if len(calls) == 0 && !out.Resumable || out.State == nil && ctx.Err() != nil {
		return out
	}
	if err := w.applied(ctx, e, &out.Result, snapshot); err != nil {
		return out // it is finished as it is, or another process does that
	}
	out.whole = w.settle(ctx, g, x, e, calls, &out.Result)
	return out
}

// tellWaits writes what a step that has begun waits for, until quiet: a turn of this server, or memory.
func tellWaits(ctx context.Context, out *mask.Emitter) (quiet func()) {
	return limits.TurnOf(ctx).Tell(func(text string) { out.Emit(procedures.Event{Kind: procedures.EventWaits, Text: text}) })
}

// recheck compares what would be sent now with what was confirmed. The script runs for that over a copy of the run's files.
func (w *Worker) recheck(ctx context.Context, g *engine.Engine, x engine.Execution, e *procedures.Execution) engine.Result {
	trial, err := reading(ctx, w, func() (*engine.Snapshot, error) { return w.Snapshots.Open(ctx, e.Run) })
	if err != nil {
		return engine.Result{Status: 1, Judgement: procedures.Judgement{
			Verdict: procedures.Errored,
			Reason:  "It could not be compared with what was confirmed: " + procedures.Said(err) + ". Nothing was changed here.",
		}}
	}
	defer trial.Close()
	x.State, x.Files = trial.State, trial.Files(w.Runbooks)
	return g.Recheck(ctx, x, e.Changes)
}

// resumeSettling waits for what an execution changed whose calls were made by a process that is gone.
// No call is made here. The result and the begin are those of the journal.
func (w *Worker) resumeSettling(
	ctx context.Context, g *engine.Engine, x engine.Execution, e *procedures.Execution, snapshot *engine.Snapshot,
) outcome {
	out := outcome{snapshot: snapshot}
	story, err := w.storyOf(context.WithoutCancel(ctx), e)
	if err != nil {
		out.Judgement = procedures.Judgement{
			Verdict: procedures.Unknown, Reason: "The calls were made, and their outcome could not be read: " + procedures.Said(err) + ".",
			Advice: engine.CheckFirst(e.Confirmed),
		}
		return out
	}
	out.Result, out.started = story.result, story.started
	if e.Cancelled { // while no process waited
		w.stop(e.ID, engine.CancelledError{By: e.CancelledBy})
	}
	out.whole = w.settle(ctx, g, x, e, story.open(), &out.Result)
	return out
}

// settle waits for what calls changed, and reports whether nothing is left to be waited for: not where the server ends, or
// another one has taken the execution over.
// Changes that are not stable yet are left to the process that continues the wait.
func (w *Worker) settle(
	ctx context.Context, g *engine.Engine, x engine.Execution, e *procedures.Execution, calls []int, result *engine.Result,
) bool {
	left := func() bool {
		cause := context.Cause(ctx)
		return errors.Is(cause, errShutdown) || errors.Is(cause, errTaken)
	}
	x.Out.Mask().Learn(result.State)
	recorder := w.record(ctx, e)
	x.Out = x.Out.To(recorder.add)
	quiet := tellWaits(ctx, x.Out)
	g.Settle(ctx, x, calls, slices.Clone(e.Changes), func(change procedures.Change) error {
		if left() && !change.Stable {
			return nil
		}
		return w.keepChange(context.WithoutCancel(ctx), x, e, change)
	}, &result.Judgement)
	done := !left()
	quiet()
	if err := recorder.close(); err != nil && done {
		result.Judgement = procedures.Judgement{
			Verdict: procedures.Errored, Reason: "What became of the change could not be kept: " + procedures.Said(err),
		}
	}
	return done
}

// InFlight says how far an execution has come with its changing calls, as its journal says: how many were made, and which one was
// begun and not answered. It is empty where none was begun.
func InFlight(ctx context.Context, l *ledger.Ledger, e *procedures.Execution) (string, error) {
	var last *procedures.Event
	var made engine.Applied
	err := l.Each(ctx, e.Run, 0, func(event procedures.Event) error {
		switch {
		case event.Execution != e.ID:
		case event.Kind == procedures.EventCallBegins:
			last = &event
		case event.Call != nil:
			made.Add(event)
			if last != nil && event.Call.PlanNumber == last.CallNumber {
				last = nil
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	var says []string
	switch all := len(e.Confirmed); {
	case len(made) == 0:
	case all == 1:
		says = append(says, "Its call was made.")
	case len(made) == all:
		says = append(says, fmt.Sprintf("All %d calls were made.", all))
	default:
		says = append(says, fmt.Sprintf("%d of %d calls were made.", len(made), all))
	}
	if last != nil {
		says = append(says, fmt.Sprintf("Call %d was begun, and whether it was made is not known: %s", last.CallNumber, last.Text))
	}
	return strings.Join(says, " "), nil
}

// Interrupted judges an execution that did not come to its end. inFlight is what InFlight says of it.
// Only reading is skipped, a change without all answers is unknown, and one whose calls were all made is a warning.
func Interrupted(e *procedures.Execution, cause error, inFlight string) procedures.Judgement {
	reason := procedures.Said(cause)
	if !errors.As(cause, new(engine.CancelledError)) && !errors.Is(cause, ErrCutOff) && !errors.Is(cause, errFenced) {
		reason = procedures.Said(errShutdown)
	}
	switch {
	case e.Applied:
		return procedures.Judgement{
			Verdict: procedures.Warned, Reason: "All calls were made, and what they changed was not read again: " + reason + ".",
			Advice: engine.CheckFirst(e.Confirmed),
		}
	case e.Effect.Changes():
		return procedures.Judgement{
			Verdict: procedures.Unknown, Reason: strings.TrimSpace("Stopped while it was changing something: " + reason + ". " + inFlight),
			Advice: engine.CheckFirst(e.Confirmed),
		}
	}
	return procedures.Judgement{Verdict: procedures.Skipped, Reason: "Stopped: " + reason + "."}
}
