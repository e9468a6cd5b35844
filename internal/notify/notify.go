// Package notify tells people of what they did not see: a webhook for each notification of opsbook.yaml. An alert is kept in the outbox
// in the transaction of what it tells, with a job that delivers it: at least once, with the same id in every attempt, in the form
// of Standard Webhooks (https://www.standardwebhooks.com).
package notify

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Store keeps the outbox. A transaction is one of Update.
type Store interface {
	Update(ctx context.Context, fn func(procedures.Tx) error) error
	// Lock keeps others who ask for the name out until the transaction ends.
	Lock(ctx context.Context, tx procedures.Tx, names ...string) error
	InsertOutgoing(ctx context.Context, tx procedures.Tx, o *procedures.Outgoing) error
	LastOutgoing(ctx context.Context, tx procedures.Tx, repeats, target string) (time.Time, error)
	Outgoing(ctx context.Context, id string) (*procedures.Outgoing, error)
	KeepMessage(ctx context.Context, tx procedures.Tx, id string, message []byte) error
	KeepAttempt(ctx context.Context, tx procedures.Tx, o *procedures.Outgoing) error
	OutgoingDue(ctx context.Context, by time.Time, limit int) ([]string, error)
	OutgoingQueued(ctx context.Context) (map[string]bool, error)
	OutgoingTroubled(ctx context.Context, since time.Time, limit int) ([]*procedures.Outgoing, error)
	DropOutgoing(ctx context.Context, tx procedures.Tx, before time.Time) error
}

// Observer is told what attempts came to, once that is kept. It returns at once.
type Observer interface {
	Notified(target string, state procedures.OutgoingState)
}

// Options are what an Outbox needs. Observer may be nil.
type Options struct {
	Store   Store
	Targets []*Target
	// Queue puts a job for a message into the queue, in the transaction, that is due at a time. The job calls Outbox.Deliver.
	Queue func(ctx context.Context, tx procedures.Tx, id string, at time.Time) error
	// Describe is what an alert says; nil where there is nothing to tell any more, CodeNotFound where its run was deleted.
	Describe func(ctx context.Context, a procedures.Alert) (*procedures.Message, error)
	// Page is the address of a page for browsers. Without a run it is that of the procedure; step may be empty.
	Page     func(procedure, run, step string) string
	Observer Observer
	Now      func() time.Time
	Logger   *slog.Logger
	// Patience is how long a receiver may take to answer; 0 for the usual time.
	Patience time.Duration
}

// Outbox keeps and delivers messages. Its methods are safe for concurrent use.
type Outbox struct{ Options }

// quietTime is how soon something that repeats is told again.
const quietTime = time.Hour

// Keep puts an alert into the outbox for each target that takes it, in the transaction of what it tells.
func (o *Outbox) Keep(ctx context.Context, tx procedures.Tx, a procedures.Alert) error {
	for _, t := range o.Targets {
		if !t.takes(a) {
			continue
		}
		if repeats := a.Repeats(); repeats != "" {
			last, err := o.Store.LastOutgoing(ctx, tx, repeats, t.Name)
			if err != nil {
				return err
			}
			if since := a.At.Sub(last); !last.IsZero() && since >= 0 && since < quietTime {
				continue
			}
		}
		out := &procedures.Outgoing{ID: newID(), Target: t.Name, Alert: a, CreatedAt: a.At, DueAt: a.At}
		if a.Kind == procedures.AlertApprovalWaiting {
			out.DueAt = a.At.Add(t.ApprovalAfter)
		}
		if err := o.Store.InsertOutgoing(ctx, tx, out); err != nil {
			return err
		}
		if err := o.Queue(ctx, tx, out.ID, out.DueAt); err != nil {
			return fmt.Errorf("queue the notification: %w", err)
		}
	}
	return nil
}

// newID names a message, with 130 random bits.
func newID() string { return "msg_" + strings.ToLower(rand.Text()) }

// waits are how long is waited after each attempt that failed, a day in all. After the last one it is given up.
var waits = []time.Duration{
	5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 8 * time.Hour,
}

// Deliver makes one attempt to deliver a message. again is when the job has to come back, 0 for never. It does nothing where the
// message has had its end. An error is one of the database: the message stays as it is, and is queued again by Watch.
func (o *Outbox) Deliver(ctx context.Context, id string) (again time.Duration, err error) {
	out, err := o.Store.Outgoing(ctx, id)
	if procedures.CodeOf(err) == procedures.CodeNotFound { // it was too old
		return 0, nil
	}
	if err != nil || out.State != procedures.OutgoingWaiting {
		return 0, err
	}
	if wait := out.DueAt.Sub(o.Now()); wait > 0 { // Watch may have queued it a second time
		return wait, nil
	}
	state, again, err := o.attempt(ctx, out)
	if err != nil {
		return 0, err
	}
	out.State, out.TriedAt, out.DueAt = state, o.Now(), o.Now().Add(again)
	// What was answered counts, also where the server ends meanwhile.
	err = o.Store.Update(context.WithoutCancel(ctx), func(tx procedures.Tx) error {
		return o.Store.KeepAttempt(ctx, tx, out)
	})
	if err == nil && o.Observer != nil {
		o.Observer.Notified(out.Target, state)
	}
	return again, err
}

// attempt sends a message, and says what state it is in then and when it has to be tried again.
func (o *Outbox) attempt(ctx context.Context, out *procedures.Outgoing) (procedures.OutgoingState, time.Duration, error) {
	log := o.Logger.With("notification", out.Target, "message", out.ID, "kind", out.Alert.Kind,
		"procedure", out.Alert.Procedure, "run", out.Alert.Run)
	giveUp := func(why string) (procedures.OutgoingState, time.Duration, error) {
		out.Error = why
		log.ErrorContext(ctx, "a notification is given up", "error", why, "attempts", out.Attempts)
		return procedures.OutgoingGivenUp, 0, nil
	}
	t := o.target(out.Target)
	if t == nil {
		return giveUp("opsbook.yaml has no notification of this name any more")
	}
	said, err := o.Describe(ctx, out.Alert)
	switch {
	case procedures.CodeOf(err) == procedures.CodeNotFound:
		return giveUp("its run was deleted before it could be told")
	case err != nil:
		return "", 0, err
	case said == nil:
		out.Error = ""
		return procedures.OutgoingDropped, 0, nil
	}
	if len(out.Message) == 0 {
		o.link(out.Alert, said)
		if out.Message, err = body(t.Format, out.Alert, said); err != nil {
			return giveUp("it could not be written: " + err.Error())
		}
		err = o.Store.Update(ctx, func(tx procedures.Tx) error { return o.Store.KeepMessage(ctx, tx, out.ID, out.Message) })
		if err != nil {
			return "", 0, err
		}
	}
	out.Attempts++
	out.Error = ""
	err = send(ctx, t, out.ID, o.Now(), cmp.Or(o.Patience, attemptTime), out.Message)
	if err == nil {
		log.InfoContext(ctx, "a notification was delivered", "attempts", out.Attempts)
		return procedures.OutgoingDelivered, 0, nil
	}
	if ctx.Err() != nil && context.Cause(ctx) != nil { // the server ends: no fault of the receiver
		return "", 0, ctx.Err()
	}
	var refused *refusal
	switch {
	case errors.As(err, &refused) && refused.status == 410: // the receiver wants no more, as Standard Webhooks has it
		return giveUp(err.Error())
	case out.Attempts > len(waits):
		return giveUp(err.Error())
	}
	wait := waits[out.Attempts-1]
	wait += time.Duration(mathrand.Int64N(int64(wait)/5 + 1))
	if refused != nil {
		wait = max(wait, refused.after)
	}
	out.Error = err.Error()
	log.WarnContext(ctx, "a notification could not be delivered; it is tried again", "error", err, "attempts", out.Attempts,
		"wait", wait.Round(time.Second))
	return procedures.OutgoingWaiting, wait, nil
}

// target is the one of a name, nil for none.
func (o *Outbox) target(name string) *Target {
	for _, t := range o.Targets {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// link adds the addresses of pages to a message.
func (o *Outbox) link(a procedures.Alert, m *procedures.Message) {
	if m.Procedure != nil {
		m.Procedure.URL = o.Page(a.Procedure, "", "")
		m.URL = m.Procedure.URL
	}
	if m.Run != nil {
		m.Run.URL = o.Page(a.Procedure, a.Run, "")
		m.URL = m.Run.URL
	}
	for i := range m.Steps {
		m.Steps[i].URL = o.Page(a.Procedure, a.Run, m.Steps[i].ID)
	}
	if m.Step != nil {
		m.Step.URL = o.Page(a.Procedure, a.Run, m.Step.ID)
		m.URL = m.Step.URL
	}
	if m.URL == "" {
		m.URL = o.Page("", "", "")
	}
}

// Test sends a message that says that it is a test to a target, once, and returns its id.
func (o *Outbox) Test(ctx context.Context, t *Target) (id string, err error) {
	a := procedures.Alert{Kind: procedures.AlertTest, At: o.Now()}
	m := &procedures.Message{
		Title: "Test message from Opsbook", Text: "The notification “" + t.Name +
			"” arrives. Nothing has happened, and there is nothing to do.",
		URL: o.Page("", "", ""),
	}
	text, err := body(t.Format, a, m)
	if err != nil {
		return "", err
	}
	id = newID()
	if err := send(ctx, t, id, o.Now(), cmp.Or(o.Patience, attemptTime), text); err != nil {
		return id, procedures.Errorf(procedures.CodeUnavailable, "%s did not take the message: %w", t.place(), err)
	}
	return id, nil
}

// troubled is for how long trouble is shown.
const troubled = 7 * 24 * time.Hour

// Trouble returns messages of the last days that are not delivered although they were tried, the newest first.
func (o *Outbox) Trouble(ctx context.Context) ([]*procedures.Outgoing, error) {
	return o.Store.OutgoingTroubled(ctx, o.Now().Add(-troubled), 20)
}

// Times of watching.
const (
	watchEvery = 10 * time.Second
	// late is how long after its time a message has no job before it gets another: its process ended in between.
	late   = 5 * time.Second
	kept   = 30 * 24 * time.Hour // that messages are kept
	atOnce = 100
)

// Watch queues again what has lost its job, and deletes old messages, until ctx ends.
func (o *Outbox) Watch(ctx context.Context) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	var tidied time.Time
	for {
		err := o.Requeue(ctx)
		if now := o.Now(); err == nil && now.Sub(tidied) > time.Hour {
			tidied = now
			err = o.Store.Update(ctx, func(tx procedures.Tx) error { return o.Store.DropOutgoing(ctx, tx, now.Add(-kept)) })
		}
		if err != nil && ctx.Err() == nil {
			o.Logger.WarnContext(ctx, "queue notifications again", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Requeue queues what is due and has no job in any living process.
func (o *Outbox) Requeue(ctx context.Context) error {
	due, err := o.Store.OutgoingDue(ctx, o.Now().Add(-late), atOnce)
	if err != nil || len(due) == 0 {
		return err
	}
	return o.Store.Update(ctx, func(tx procedures.Tx) error {
		// One replica does it, and sees what the one before it has queued.
		if err := o.Store.Lock(ctx, tx, "outbox"); err != nil {
			return err
		}
		queued, err := o.Store.OutgoingQueued(ctx)
		if err != nil {
			return err
		}
		for _, id := range due {
			if queued[id] {
				continue
			}
			if err := o.Queue(ctx, tx, id, o.Now()); err != nil {
				return err
			}
		}
		return nil
	})
}
