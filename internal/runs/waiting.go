package runs

import (
	"context"
	"fmt"
	"slices"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Waiting says what each step of a run waits for that was requested and has not begun, and how many are before it, by the step.
// A step that begins in a moment is left out. What a step waits for after it has begun is in the journal.
func (r *Reader) Waiting(ctx context.Context, run string) (map[string]string, error) {
	executions, err := r.ledger.Store.Executions(ctx, nil, run)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	var queued []*procedures.Execution
	for _, e := range executions {
		if e.State != procedures.ExecutionWaiting {
			continue
		}
		if e.WaitsFor != "" {
			if out[e.Step], err = r.holder(ctx, e.WaitsFor); err != nil {
				return nil, err
			}
		} else if before := unfinished(e, executions); len(before) > 0 {
			if out[e.Step], err = r.afterSteps(ctx, run, before); err != nil {
				return nil, err
			}
		} else {
			queued = append(queued, e)
		}
	}
	if len(queued) == 0 || r.line == nil {
		return out, nil
	}
	line, err := r.line(ctx)
	if err != nil {
		return nil, err
	}
	for _, e := range queued {
		if before := slices.Index(line, e.ID); before >= 0 {
			out[e.Step] = fmt.Sprintf("Waiting for a worker: each server works on %s steps at a time, and %s before this one",
				limits.StepsWorking, steps(before, "waits", "wait"))
		}
	}
	return out, nil
}

// holder says which execution changes what another one is to change.
func (r *Reader) holder(ctx context.Context, id string) (string, error) {
	e, err := r.execution(ctx, nil, id)
	if err != nil {
		return "", err
	}
	run, err := r.ledger.Head(ctx, e.Run)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("Waiting for “%s” of %s, which is changing the same", r.ledger.StepTitle(run, e.Step), run.Title), nil
}

// afterSteps says which steps of the run have to end first.
func (r *Reader) afterSteps(ctx context.Context, id string, before []*procedures.Execution) (string, error) {
	run, err := r.ledger.Head(ctx, id)
	if err != nil {
		return "", err
	}
	first := r.ledger.StepTitle(run, before[0].Step)
	if n := len(before) - 1; n > 0 {
		return fmt.Sprintf("Waiting for “%s” and %d more of this run to end", first, n), nil
	}
	return fmt.Sprintf("Waiting for “%s” to end", first), nil
}

// unfinished are the executions of a run that one of it comes after and that have not ended.
func unfinished(e *procedures.Execution, executions []*procedures.Execution) []*procedures.Execution {
	var out []*procedures.Execution
	for _, before := range executions {
		if before.State != procedures.ExecutionFinished && slices.Contains(e.After, before.ID) {
			out = append(out, before)
		}
	}
	return out
}

// steps are how many, with the verb that goes with them.
func steps(n int, one, more string) string {
	switch n {
	case 0:
		return "none " + one
	case 1:
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}
