package runs

import (
	"context"
	"slices"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/interpret"
)

// do carries a step's script out, and waits for what it changed.
func (s *Service) do(ctx context.Context, engine *Engine, c Carry, e *procedures.Execution, kept *belongings) carrying {
	out := carrying{kept: kept}
	var changes made
	recorder := s.record(ctx, e.Run, e)
	c.Emit = func(event procedures.Event) { changes.see(event); recorder.add(event) }
	if out.Result = s.unchanged(ctx, engine, c, e); out.Judgement.Verdict == "" {
		out.Result = engine.Do(ctx, c)
	}
	if err := recorder.close(); err != nil {
		out.Judgement = procedures.Judgement{Verdict: procedures.Errored, Reason: "What it printed could not be kept: " + err.Error()}
	}
	if len(changes.calls) == 0 && !out.Rest || out.State == nil && ctx.Err() != nil {
		return out
	}
	if err := s.carried(ctx, e, &out.Result, kept); err != nil {
		return out // it is finished as it is, or somebody else does that
	}
	out.whole = s.settleAll(ctx, engine, c, e, changes.calls, &out.Result)
	return out
}

// goOn waits for what an execution changed whose calls were made by a process that is not there any more.
func (s *Service) goOn(ctx context.Context, engine *Engine, c Carry, e *procedures.Execution, kept *belongings) carrying {
	out := carrying{kept: kept}
	story, err := s.storyOf(context.WithoutCancel(ctx), e)
	if err != nil {
		out.Judgement = procedures.Judgement{Verdict: procedures.Unknown, Reason: "The calls were made, and what they came to could not be read: " + err.Error() + ".", Advice: seeFirst(e)}
		return out
	}
	out.Result, out.started = story.result, story.started
	if e.Cancelled { // while nobody waited
		s.cancelHere(e.ID, cancelled{e.CancelledBy})
	}
	out.whole = s.settleAll(ctx, engine, c, e, story.open(), &out.Result)
	return out
}

// settleAll waits for what calls changed, and reports whether nothing is left to be waited for.
func (s *Service) settleAll(ctx context.Context, engine *Engine, c Carry, e *procedures.Execution, calls []int, result *Result) bool {
	c.Secrets = append(slices.Clone(c.Secrets), c.State.Secrets...)
	if result.State != nil {
		c.Secrets = append(c.Secrets, result.State.Secrets...)
	}
	recorder := s.record(ctx, e.Run, e)
	c.Emit = recorder.add
	done := s.settleChanges(ctx, engine, c, e, calls, &result.Judgement)
	if err := recorder.close(); err != nil && done {
		result.Judgement = procedures.Judgement{Verdict: procedures.Errored, Reason: "What became of the change could not be kept: " + err.Error()}
	}
	return done
}

// unchanged reads again what is about to be changed. Where it is not as it was shown, nothing is changed and the result says so;
// otherwise the result is empty.
func (s *Service) unchanged(ctx context.Context, engine *Engine, c Carry, e *procedures.Execution) Result {
	if len(e.Changes) == 0 {
		return Result{}
	}
	now, changed := engine.again(ctx, c, e.Changes)
	changed = interpret.Mask(changed, slices.Concat(c.Secrets, c.State.Secrets)...)
	if changed != "" {
		return Result{Status: 1, Judgement: procedures.Judgement{
			Verdict: procedures.Errored, Reason: "Changed since it was shown: " + changed + ". Nothing was changed here.", Advice: "Look at it again: press Run… and see what it would change now.",
		}}
	}
	for i := range min(len(now), len(e.Changes)) {
		if now[i].NotRead == "" {
			e.Changes[i] = now[i]
		} else if e.Changes[i].NotRead == "" {
			c.Emit(procedures.Event{Kind: procedures.EventNotice, Text: "It could not be read again just before the change: " + interpret.Mask(now[i].NotRead, c.Secrets...), Line: c.Step.Line})
		}
	}
	return Result{}
}
