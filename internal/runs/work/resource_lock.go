package work

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/procedures"
)

// lockResources keeps others from deciding about what an execution changes until the transaction ends. It comes before the lock
// of the run, everywhere.
// An environment and a name make one lock; two executions with a common resource are decided one after the other.
func (w *Worker) lockResources(
	ctx context.Context, tx procedures.Tx, e *procedures.Execution,
) (environment string, resources []string, err error) {
	if resources = engine.Resources(e.Confirmed); len(resources) == 0 {
		return "", nil, nil
	}
	run, err := w.Ledger.Store.Head(ctx, tx, e.Run)
	if err != nil {
		return "", nil, err
	}
	// Names are locked, not rows: a resource that nobody changes has no row that could be locked.
	names := make([]string, len(resources))
	for i, r := range resources {
		names[i] = "resource\x00" + run.Environment + "\x00" + r
	}
	return run.Environment, resources, w.Store.Lock(ctx, tx, names...)
}

// reserve lets an execution change its resources; where another one changes one of them, it waits for that one and says so.
// The notice is appended once for each execution that is waited for.
func (w *Worker) reserve(
	ctx context.Context, tx procedures.Tx, e *procedures.Execution, environment string, resources []string,
) (waits bool, err error) {
	if e.State != procedures.ExecutionWaiting {
		return false, nil
	}
	id, err := w.Store.Reserve(ctx, tx, environment, resources, e.ID)
	if err != nil || id == "" {
		return false, err
	}
	if id == e.WaitsFor { // it has said so
		return true, nil
	}
	holder, err := w.Executions.Get(ctx, tx, id)
	if err != nil {
		return true, err
	}
	run, err := w.Ledger.Store.Head(ctx, tx, holder.Run)
	if err != nil {
		return true, err
	}
	if err := w.Store.WaitFor(ctx, tx, e.ID, id); err != nil {
		return true, err
	}
	// The notice names only what both change; the rest of either plan is of no interest to the other's readers.
	held := engine.Resources(holder.Confirmed)
	common := slices.DeleteFunc(resources, func(r string) bool { return !slices.Contains(held, r) })
	by := ""
	if holder.By != "" {
		by = ", started by " + holder.By
	}
	notice := procedures.Event{Kind: procedures.EventNotice, At: w.Ledger.Now(), Step: e.Step, Execution: e.ID, Text: fmt.Sprintf(
		"Waiting for “%s” of %s%s, which is changing %s. It begins automatically when that has ended.",
		w.Ledger.StepTitle(run, holder.Step), run.Title, by, strings.Join(common, ", "))}
	return true, w.Ledger.Append(ctx, tx, e.Run, notice)
}

// unreserve gives back what an execution reserved, and queues those that waited for it.
// It is called in the transaction that finishes the execution.
func (w *Worker) unreserve(ctx context.Context, tx procedures.Tx, e *procedures.Execution) error {
	waited, err := w.Store.Unreserve(ctx, tx, e.ID)
	if err != nil {
		return err
	}
	// All that waited are queued: the first that takes the resources makes the others wait for it.
	for _, id := range waited {
		if err := w.Ledger.Queue(ctx, tx, id); err != nil {
			return fmt.Errorf("queue the step that waited: %w", err)
		}
	}
	return nil
}
