package sealed

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// KeepAnswers keeps what reading lines answered while an execution was planned, or before it ended to be resumed, until a time; the
// zero time is the run's end. It is kept apart from the execution, so that it can go before that.
func (x Executions) KeepAnswers(
	ctx context.Context, tx procedures.Tx, e *procedures.Execution, answers []procedures.KeptAnswer, until time.Time,
) error {
	if len(answers) == 0 {
		return x.Store.DropAnswers(ctx, tx, e.ID)
	}
	data, err := json.Marshal(answers)
	if err != nil {
		return fmt.Errorf("keep the answers of a plan: %w", err)
	}
	if data, err = x.Key.Seal(e.Run, "answers/"+e.ID, data); err != nil {
		return err
	}
	return x.Store.KeepAnswers(ctx, tx, e.ID, e.Run, until, data)
}

// Answers are those that are kept for an execution; none where they are gone. tx may be nil.
func (x Executions) Answers(ctx context.Context, tx procedures.Tx, e *procedures.Execution) ([]procedures.KeptAnswer, error) {
	data, err := x.Store.Answers(ctx, tx, e.ID)
	if err != nil || data == nil {
		return nil, err
	}
	if data, err = x.Key.Open(e.Run, "answers/"+e.ID, data); err != nil {
		return nil, err
	}
	var out []procedures.KeptAnswer
	if err := json.Unmarshal(data, &out); err != nil {
		return nil, fmt.Errorf("read the answers of a plan: %w", err)
	}
	return out, nil
}

// DropAnswers removes the answers of an execution: its plan was applied, declined or withdrawn.
func (x Executions) DropAnswers(ctx context.Context, tx procedures.Tx, execution string) error {
	return x.Store.DropAnswers(ctx, tx, execution)
}

// HiddenIn are the secrets that answers hold, which nothing may show.
func HiddenIn(answers []procedures.KeptAnswer) []string {
	var out []string
	for _, a := range answers {
		out = append(out, a.Secrets...)
	}
	return out
}
