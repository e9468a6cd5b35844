package work

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

// maxSampling is how many samples of bakes one server takes at the same time. Between its samples a bake takes no worker.
const maxSampling = 20

// maxReason bounds why a bake ends early, in bytes.
const maxReason = 8 << 10

// baking is from where a bake resumes: what the journal has of its execution.
func (w *Worker) baking(ctx context.Context, e *procedures.Execution) (engine.Baking, error) {
	view, err := reading(ctx, w, func() (*journal.View, error) { return w.Ledger.View(ctx, e.Run) })
	if err != nil {
		return engine.Baking{}, err
	}
	b := engine.Baking{Now: w.Ledger.Now, Wait: w.Sleep, Turn: w.turn}
	if v := view.Step(e.Step); v.Execution == e.ID { // else it begins
		b.Began, b.Samples = v.Began, v.Samples
	}
	return b, nil
}

// turn waits until a sample may be taken.
// done gives the place back, and must be called.
func (w *Worker) turn(ctx context.Context) (done func(), err error) {
	select {
	case w.sampling <- struct{}{}:
		return func() { <-w.sampling }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// EndEarly ends a bake before its time, for a reason: it comes to what its samples have come to so far. One without an end of its
// own needs no reason.
// Policy: a person who may cancel the run may end its bakes. The execution is finished in the transaction; the process that
// executes it finds it taken, and keeps nothing more.
func (w *Worker) EndEarly(ctx context.Context, run, step, reason string, by access.Person) error {
	head, err := w.Ledger.Head(ctx, run)
	if err != nil {
		return err
	}
	err = w.Policy.May(ctx, access.Request{Person: by, Action: access.Cancel, Environment: head.Environment, Procedure: head.Procedure})
	if err != nil {
		return err
	}
	p, err := w.Ledger.Procedure(ctx, head)
	if err != nil {
		return err
	}
	reason = strings.TrimSpace(reason)
	found := p.Step(step)
	switch {
	case found == nil:
		return procedures.Errorf(procedures.CodeNotFound, "%s has no step %q; nothing was ended", p.Title, step)
	case found.Bake == nil:
		return procedures.Errorf(procedures.CodeInvalid, "there is no bake here that could be ended")
	case reason == "" && found.Bake.For > 0:
		return procedures.Errorf(procedures.CodeInvalid, "say why %s ends before its time; it is still running", found.Title)
	case len(reason) > maxReason:
		return procedures.Errorf(procedures.CodeInvalid,
			"the reason has %d bytes, the limit is %d; the bake is still running", len(reason), maxReason)
	}
	var ended *procedures.Execution
	err = w.Ledger.Update(ctx, func(tx procedures.Tx) error {
		if _, err := w.Ledger.Lock(ctx, tx, run); err != nil {
			return err
		}
		executions, err := w.Executions.OfRun(ctx, tx, run)
		if err != nil {
			return err
		}
		active := slices.IndexFunc(executions, func(e *procedures.Execution) bool {
			return e.Step == step && (e.State == procedures.ExecutionWaiting || e.State == procedures.ExecutionRunning)
		})
		if active < 0 {
			return procedures.Errorf(procedures.CodeConflict, "%s has ended already", found.Title)
		}
		ended = executions[active]
		if ended.State == procedures.ExecutionWaiting {
			return procedures.Errorf(procedures.CodeConflict, "%s has not begun yet; cancel it instead", found.Title)
		}
		// A sample that ends after this read is not judged; its event finds the execution finished and is not kept.
		view, err := w.Ledger.View(ctx, run)
		if err != nil {
			return err
		}
		now, v := w.Ledger.Now(), view.Step(step)
		end := by.Sign(procedures.Event{Kind: procedures.EventEndedEarly, At: now, Text: reason, Step: step, Execution: ended.ID})
		judgement := judgeEarly(found.Bake, v, end)
		return w.FinishIn(ctx, tx, ended, judgement, end, procedures.Event{
			Kind: procedures.EventStepFinished, At: now, Step: step, Execution: ended.ID, Judgement: &judgement, Duration: now.Sub(v.Began),
		})
	})
	if err != nil {
		return err
	}
	var topics []string
	if !w.stop(ended.ID, errTaken) {
		topics = append(topics, stopPrefix+ended.ID) // another replica executes it
	}
	w.Ledger.NotifyRun(head, topics...)
	return nil
}

// maxSaid bounds a reason inside of another sentence, in bytes: the journal has it whole in its own event.
const maxSaid = 200

// beginning is as much of a text as a sentence may quote.
func beginning(text string) string {
	if len(text) <= maxSaid {
		return text
	}
	return strings.ToValidUTF8(text[:maxSaid], "") + "…"
}

// judgeEarly judges a bake that somebody ended.
// The verdict stays that of the samples: ending early neither passes nor fails.
func judgeEarly(b *procedures.Bake, v *journal.StepView, end procedures.Event) procedures.Judgement {
	j := v.Samples.Judge()
	who := end.By
	if who == "" {
		who = "somebody"
	}
	how := "Ended by " + who + " after " + journal.Seconds(end.At.Sub(v.Began))
	if b.For > 0 {
		how = "Ended early by " + who + ", after " + journal.Seconds(end.At.Sub(v.Began)) + " of " + journal.Seconds(b.For)
	}
	if end.Text != "" {
		how += fmt.Sprintf(": “%s”", strings.TrimSuffix(beginning(end.Text), "."))
	}
	j.Reason = how + ". " + j.Reason
	return j
}
