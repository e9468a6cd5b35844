package runs

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/mask"
	"github.com/opsbook/opsbook/internal/procedures"
)

// maxNote bounds a note or a reason, in bytes.
const maxNote = 8 << 10

// Mark is what a person says of a run or of a step. Nothing is executed.
type Mark struct {
	Procedure, Environment string
	Step                   string // empty for the run
	Text                   string // a note, or a reason
	By                     access.Person
}

// Marks keeps marks of manual steps, and notes. A mark begins a run where none is open.
type Marks struct {
	presser *Presser
}

// MarkDone marks a manual step as done. A step that names a time is done when the time is over; before that a reason is needed.
func (m *Marks) MarkDone(ctx context.Context, by Mark) (run string, err error) {
	return m.mark(ctx, procedures.EventMarkedDone, by)
}

// StartCountdown begins the countdown of a manual step that names a time, such as "Wait 30 minutes".
func (m *Marks) StartCountdown(ctx context.Context, by Mark) (run string, err error) {
	return m.mark(ctx, procedures.EventCountdown, by)
}

// MarkUndone removes a mark.
func (m *Marks) MarkUndone(ctx context.Context, by Mark) (run string, err error) {
	return m.mark(ctx, procedures.EventMarkedUndone, by)
}

// MarkSkipped skips a step, for a reason.
func (m *Marks) MarkSkipped(ctx context.Context, by Mark) (run string, err error) {
	if strings.TrimSpace(by.Text) == "" {
		return "", procedures.Errorf(procedures.CodeInvalid, "say why you skip the step").Of("text")
	}
	return m.mark(ctx, procedures.EventMarkedSkipped, by)
}

// AddNote adds a note to a step or to the run.
func (m *Marks) AddNote(ctx context.Context, by Mark) (run string, err error) {
	if strings.TrimSpace(by.Text) == "" {
		return "", procedures.Errorf(procedures.CodeInvalid, "the note is empty").Of("text")
	}
	return m.mark(ctx, procedures.EventNote, by)
}

func (m *Marks) mark(ctx context.Context, kind procedures.EventKind, by Mark) (string, error) {
	if len(by.Text) > maxNote {
		return "", procedures.Errorf(procedures.CodeInvalid, "the note has %d bytes; the limit is %d", len(by.Text), maxNote).Of("text")
	}
	p := m.presser
	w, err := p.resolve(ctx, Request{Procedure: by.Procedure, Environment: by.Environment, By: by.By})
	if err != nil {
		return "", err
	}
	if err := p.useTextOfRun(ctx, w); err != nil {
		return "", err
	}
	action := access.Mark
	if kind == procedures.EventNote {
		action = access.Note
	}
	if err := p.may(ctx, w, action, ""); err != nil {
		return "", err
	}
	event := by.By.Sign(procedures.Event{Kind: kind, Step: by.Step, Text: by.Text})
	if by.Step != "" {
		step := w.procedure.Step(by.Step)
		if step == nil {
			return "", procedures.Errorf(procedures.CodeNotFound, "%s has no step %q", w.procedure.Title, by.Step)
		}
		event.Duration = step.Countdown
		if err := m.markable(ctx, w, step, event); err != nil {
			return "", err
		}
	}
	if kind != procedures.EventCountdown {
		event.Duration = 0
	} else if event.Duration == 0 {
		return "", procedures.Errorf(procedures.CodeInvalid, "there is no time to wait for here")
	}
	out := &Pressed{}
	err = p.ledger.Update(ctx, func(tx procedures.Tx) error {
		run, _, err := p.join(ctx, tx, w, out)
		if err != nil {
			return err
		}
		event.At = p.ledger.Now()
		if again, err := m.again(ctx, run, event); err != nil || again {
			return err
		}
		return run.append(ctx, event)
	})
	if err != nil {
		return "", err
	}
	p.began(w, out.Run)
	return out.Run, nil
}

// Pages send a mark again whose answer was lost: within resent, and with at most resentEvents events between.
const (
	resent       = 2 * time.Minute
	resentEvents = 200
)

// again reports whether the person's newest mark of the step is this one, and was made a moment ago: it was sent again, and is
// there already.
func (m *Marks) again(ctx context.Context, run *openRun, event procedures.Event) (bool, error) {
	if len(run.began) > 0 {
		return false, nil // a new run
	}
	l := m.presser.ledger
	events, err := l.Store.Events(ctx, run.head.ID, max(0, run.head.Last-resentEvents), resentEvents)
	if err != nil {
		return false, err
	}
	kept := mask.Written(ctx).Event(event).Open() // as the journal has it
	for _, e := range slices.Backward(events) {
		if e.Step == event.Step && e.Execution == "" && e.Issuer == event.Issuer && e.Subject == event.Subject && e.By == event.By {
			return e.Kind == kept.Kind && e.Text == kept.Text && event.At.Sub(e.At) < resent, nil
		}
	}
	return false, nil
}

// markable reports as an error why a step cannot be marked: its time is not over, or its alarms are being watched.
func (m *Marks) markable(ctx context.Context, w *press, step *procedures.Step, event procedures.Event) error {
	p := m.presser
	if event.Kind == procedures.EventMarkedDone && step.Countdown > 0 && strings.TrimSpace(event.Text) == "" {
		view, err := p.viewOpen(ctx, w)
		if err != nil {
			return err
		}
		if until := view.Step(step.ID).Until(); until.IsZero() || p.ledger.Now().Before(until) {
			return procedures.Errorf(procedures.CodeInvalid, "%s: the time is not over; say why the step ends early", step.Title).Of("text")
		}
	}
	if step.Kind == procedures.KindManual && step.Bake != nil && event.Kind != procedures.EventNote {
		id, err := p.store.OpenRun(ctx, nil, w.Environment, w.procedure.Names()...)
		if err != nil || id == "" {
			return err
		}
		executions, err := p.executions.OfRun(ctx, nil, id)
		if err != nil {
			return err
		}
		if active(executions, step.ID) != nil {
			return procedures.Errorf(procedures.CodeConflict,
				"the alarms of %s are being watched: end it early, with a reason, or cancel it", step.Title)
		}
	}
	return nil
}
