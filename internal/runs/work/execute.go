package work

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/procedures"
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
func (w *Worker) execute(ctx context.Context, run *procedures.Run, e *procedures.Execution) outcome {
	fail := func(err error) outcome {
		return outcome{Result: engine.Result{Judgement: procedures.Judgement{Verdict: procedures.Errored, Reason: err.Error()}}}
	}
	if err := w.Executions.Open(e); err != nil {
		return fail(err)
	}
	lib, err := w.Ledger.LibraryOf(ctx, run)
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
	snapshot, err := w.Snapshots.Open(context.WithoutCancel(ctx), run.ID)
	if err != nil {
		return fail(err)
	}
	now := time.Now
	if e.Confirmed != nil { // the times that the plan computed are those that are applied
		now = func() time.Time { return cmp.Or(e.Clock, e.AskedAt) }
	}
	x := engine.Execution{
		Step: step, Scripts: lib.Script, State: snapshot.State, Parameters: e.Parameters, Secrets: engine.Secrets(p, e.Parameters),
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

// run runs a step's script, and waits for what it changed.
// A changing step is rechecked first: where its resources are no longer as they were shown, nothing is called.
func (w *Worker) run(ctx context.Context, g *engine.Engine, x engine.Execution, e *procedures.Execution,
	snapshot *engine.Snapshot) outcome {
	out := outcome{snapshot: snapshot}
	var calls engine.Applied
	recorder := w.record(ctx, e)
	x.Emit = recorder.add
	if e.Effect.Changes() {
		x.Emit = func(event procedures.Event) { calls.Add(event); recorder.add(event) }
		out.Result = g.Recheck(ctx, x, e.Changes)
	}
	if out.Judgement.Verdict == "" {
		out.Result = g.Execute(ctx, x)
	}
	if err := recorder.close(); err != nil {
		out.Judgement = procedures.Judgement{Verdict: procedures.Errored, Reason: "Its output could not be kept: " + err.Error()}
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

// resumeSettling waits for what an execution changed whose calls were made by a process that is gone.
// No call is made here. The result and the begin are those of the journal.
func (w *Worker) resumeSettling(
	ctx context.Context, g *engine.Engine, x engine.Execution, e *procedures.Execution, snapshot *engine.Snapshot,
) outcome {
	out := outcome{snapshot: snapshot}
	story, err := w.storyOf(context.WithoutCancel(ctx), e)
	if err != nil {
		out.Judgement = procedures.Judgement{
			Verdict: procedures.Unknown, Reason: "The calls were made, and their outcome could not be read: " + err.Error() + ".",
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
	x.Secrets = slices.Concat(x.Secrets, x.State.Secrets)
	if result.State != nil {
		x.Secrets = append(x.Secrets, result.State.Secrets...)
	}
	recorder := w.record(ctx, e)
	x.Emit = recorder.add
	g.Settle(ctx, x, calls, slices.Clone(e.Changes), func(change procedures.Change) error {
		if left() && !change.Stable {
			return nil
		}
		return w.keepChange(context.WithoutCancel(ctx), x, e, change)
	}, &result.Judgement)
	done := !left()
	if err := recorder.close(); err != nil && done {
		result.Judgement = procedures.Judgement{
			Verdict: procedures.Errored, Reason: "What became of the change could not be kept: " + err.Error(),
		}
	}
	return done
}

// Interrupted judges an execution that did not come to its end.
// Only reading is skipped, a change without all answers is unknown, and one whose calls were all made is a warning.
func Interrupted(e *procedures.Execution, cause error) procedures.Judgement {
	reason := cause.Error()
	if !errors.As(cause, new(engine.CancelledError)) && !errors.Is(cause, ErrCutOff) {
		reason = errShutdown.Error()
	}
	switch {
	case e.Applied:
		return procedures.Judgement{
			Verdict: procedures.Warned, Reason: "All calls were made, and what they changed was not read again: " + reason + ".",
			Advice: engine.CheckFirst(e.Confirmed),
		}
	case e.Effect.Changes():
		return procedures.Judgement{
			Verdict: procedures.Unknown, Reason: "Stopped while it was changing something: " + reason + ".",
			Advice: engine.CheckFirst(e.Confirmed),
		}
	}
	return procedures.Judgement{Verdict: procedures.Skipped, Reason: "Stopped: " + reason + "."}
}
