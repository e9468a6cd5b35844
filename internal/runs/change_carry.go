package runs

import (
	"context"
	"slices"

	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/procedures"
)

// execute executes a step's script, and waits for what it changed.
func (s *Service) execute(ctx context.Context, g *engine.Engine, x engine.Execution, e *procedures.Execution, kept *engine.Snapshot) outcome {
	out := outcome{kept: kept}
	var calls engine.Applied
	recorder := s.record(ctx, e.Run, e)
	x.Emit = func(event procedures.Event) { calls.Add(event); recorder.add(event) }
	if out.Result = g.Recheck(ctx, x, e.Changes); out.Judgement.Verdict == "" {
		out.Result = g.Execute(ctx, x)
	}
	if err := recorder.close(); err != nil {
		out.Judgement = procedures.Judgement{Verdict: procedures.Errored, Reason: "Its output could not be kept: " + err.Error()}
	}
	if len(calls) == 0 && !out.Resumable || out.State == nil && ctx.Err() != nil {
		return out
	}
	if err := s.applied(ctx, e, &out.Result, kept); err != nil {
		return out // it is finished as it is, or another process does that
	}
	out.whole = s.settleAll(ctx, g, x, e, calls, &out.Result)
	return out
}

// resumeWait waits for what an execution changed whose calls were made by a process that is gone.
func (s *Service) resumeWait(ctx context.Context, g *engine.Engine, x engine.Execution, e *procedures.Execution, kept *engine.Snapshot) outcome {
	out := outcome{kept: kept}
	story, err := s.storyOf(context.WithoutCancel(ctx), e)
	if err != nil {
		out.Judgement = procedures.Judgement{
			Verdict: procedures.Unknown, Reason: "The calls were made, and their outcome could not be read: " + err.Error() + ".",
			Advice: engine.CheckFirst(e.Confirmed),
		}
		return out
	}
	out.Result, out.started = story.result, story.started
	if e.Cancelled { // while no process waited
		s.cancelHere(e.ID, engine.Cancelled{By: e.CancelledBy})
	}
	out.whole = s.settleAll(ctx, g, x, e, story.open(), &out.Result)
	return out
}

// settleAll waits for what calls changed, and reports whether nothing is left to be waited for: not where the server ends, or
// another one has taken the execution over.
func (s *Service) settleAll(ctx context.Context, g *engine.Engine, x engine.Execution, e *procedures.Execution, calls []int, result *engine.Result) bool {
	x.Secrets = slices.Concat(x.Secrets, x.State.Secrets)
	if result.State != nil {
		x.Secrets = append(x.Secrets, result.State.Secrets...)
	}
	recorder := s.record(ctx, e.Run, e)
	x.Emit = recorder.add
	g.Settle(ctx, x, calls, slices.Clone(e.Changes), func(change procedures.Change) error {
		if left(ctx) && !change.Stable {
			return nil
		}
		return s.keepChange(context.WithoutCancel(ctx), x, e, change)
	}, &result.Judgement)
	done := !left(ctx)
	if err := recorder.close(); err != nil && done {
		result.Judgement = procedures.Judgement{Verdict: procedures.Errored, Reason: "What became of the change could not be kept: " + err.Error()}
	}
	return done
}
