package notify_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/notify"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
	"github.com/opsbook/opsbook/internal/store/storetest"
)

// box is an outbox with a clock of its own and a queue that a test works on.
type box struct {
	*notify.Outbox
	t  *testing.T
	db *store.DB

	mu      sync.Mutex
	now     time.Time
	queued  []string
	message *procedures.Message
	err     error // of Describe
	counted map[procedures.OutgoingState]int
}

func newBox(t *testing.T, db *store.DB, targets ...*notify.Target) *box {
	t.Helper()
	b := &box{
		t: t, db: db, now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC), counted: map[procedures.OutgoingState]int{},
		message: &procedures.Message{Title: "Checks failed in test", Run: &procedures.MessageRun{ID: "r1"}},
	}
	b.Outbox = &notify.Outbox{Options: notify.Options{
		Store: jobless{db}, Targets: targets, Logger: slog.New(slog.DiscardHandler), Now: b.clock, Observer: b,
		Page: func(_, run, step string) string { return "https://opsbook.example.com/runs/" + run + "?step=" + step },
		Queue: func(_ context.Context, _ procedures.Tx, id string, _ time.Time) error {
			b.queued = append(b.queued, id)
			return nil
		},
		Describe: func(context.Context, procedures.Alert) (*procedures.Message, error) {
			if b.message == nil {
				return nil, b.err
			}
			said := *b.message
			return &said, b.err
		},
	}}
	return b
}

// jobless is a database without River's table: no message has a job.
type jobless struct{ *store.DB }

func (jobless) OutgoingQueued(context.Context) (map[string]bool, error) {
	return map[string]bool{}, nil
}

func (b *box) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *box) later(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

// Notified implements notify.Observer.
func (b *box) Notified(_ string, state procedures.OutgoingState) { b.counted[state]++ }

// tell keeps an alert in a transaction, and returns its messages.
func (b *box) tell(a procedures.Alert) []string {
	b.t.Helper()
	b.queued = nil
	a.At = b.clock()
	if err := b.db.Update(b.t.Context(), func(tx procedures.Tx) error { return b.Keep(b.t.Context(), tx, a) }); err != nil {
		b.t.Fatal(err)
	}
	return b.queued
}

// deliver makes an attempt, and returns when the next one is due.
func (b *box) deliver(id string) time.Duration {
	b.t.Helper()
	again, err := b.Deliver(b.t.Context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	return again
}

func (b *box) outgoing(id string) *procedures.Outgoing {
	b.t.Helper()
	out, err := b.db.Outgoing(b.t.Context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

var failed = procedures.Alert{Kind: procedures.AlertRunFailed, Environment: "production", Procedure: "checks", Run: "r1"}

func TestAlertsGoToThoseWhoTakeThem(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.DB) {
		all, some, others := target(t, "all", "https://a.example"), target(t, "some", "https://b.example"), target(t, "others",
			"https://c.example")
		some.Kinds, some.Environments = []procedures.AlertKind{procedures.AlertRunFailed}, []string{"production"}
		some.Procedures, others.Procedures = []string{"checks"}, []string{"deploy"}
		b := newBox(t, open(), all, some, others)
		for name, c := range map[string]struct {
			change func(a *procedures.Alert)
			want   []string
		}{
			"as it is":            {func(*procedures.Alert) {}, []string{"all", "some"}},
			"another event":       {func(a *procedures.Alert) { a.Kind = procedures.AlertStepUnknown }, []string{"all"}},
			"another environment": {func(a *procedures.Alert) { a.Environment = "test" }, []string{"all"}},
			"another procedure":   {func(a *procedures.Alert) { a.Procedure = "deploy" }, []string{"all", "others"}},
		} {
			a := failed
			c.change(&a)
			var got []string
			for _, id := range b.tell(a) {
				got = append(got, b.outgoing(id).Target)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: told %q, want %q", name, got, c.want)
			}
		}
		// What repeats is told again after an hour; in another environment it is another thing.
		missed := procedures.Alert{Kind: procedures.AlertScheduleMissed, Environment: "production", Procedure: "checks",
			Missed: []time.Time{b.clock()}}
		elsewhere := missed
		elsewhere.Environment = "test"
		counts := []int{len(b.tell(missed)), len(b.tell(missed)), len(b.tell(elsewhere))}
		b.later(59 * time.Minute)
		counts = append(counts, len(b.tell(missed)))
		b.later(time.Minute)
		counts = append(counts, len(b.tell(missed)))
		if !slices.Equal(counts, []int{1, 0, 1, 0, 1}) {
			t.Errorf("told %v times", counts)
		}
	})
}

// TestFailedAttemptsAreMadeAgain has a receiver that fails, asks for time, and takes the message at last: the same one, with the same id.
func TestFailedAttemptsAreMadeAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.DB) {
		r := newReceiver(t)
		r.answer = func(n int, w http.ResponseWriter, _ *http.Request) {
			switch n {
			case 1:
				w.WriteHeader(http.StatusServiceUnavailable)
			case 2:
				w.Header().Set("Retry-After", "240")
				w.WriteHeader(http.StatusTooManyRequests)
			}
		}
		b := newBox(t, open(), target(t, "oncall", r.URL))
		id := b.tell(failed)[0]
		first := b.deliver(id)
		if first < 5*time.Second || first > 6*time.Second {
			t.Errorf("tried again after %s", first)
		}
		if early := b.deliver(id); early <= 0 || len(r.messages()) != 1 { // a second job of it
			t.Errorf("tried before its time, %d times in all", len(r.messages()))
		}
		if trouble, err := b.Trouble(t.Context()); err != nil || len(trouble) != 1 ||
			trouble[0].Error != "it answered 503 Service Unavailable" ||
			trouble[0].Attempts != 1 || !trouble[0].DueAt.Equal(b.clock().Add(first).Truncate(time.Millisecond)) {
			t.Errorf("trouble %+v, %v", trouble, err)
		}
		b.later(first)
		second := b.deliver(id)
		if second != 4*time.Minute {
			t.Errorf("asked to wait for 4 minutes, it waits for %s", second)
		}
		b.later(second)
		b.message.Title = "another text meanwhile"
		if again := b.deliver(id); again != 0 || b.outgoing(id).State != procedures.OutgoingDelivered {
			t.Errorf("again %s, %+v", again, b.outgoing(id))
		}
		if b.deliver(id) != 0 || len(r.messages()) != 3 {
			t.Errorf("delivered %d times", len(r.messages()))
		}
		got := r.messages()
		for _, m := range got {
			if m.header.Get("Webhook-Id") != id || m.body != got[0].body || !strings.Contains(m.body,
				`"url":"https://opsbook.example.com/runs/r1?step="`) {
				t.Errorf("received %+v", m)
			}
		}
		if got[0].header.Get("Webhook-Timestamp") == got[2].header.Get("Webhook-Timestamp") {
			t.Error("attempts have one time: receivers refuse what is old")
		}
		if trouble, err := b.Trouble(t.Context()); err != nil || len(trouble) > 0 {
			t.Errorf("trouble that is over: %+v, %v", trouble, err)
		}
		if b.counted[procedures.OutgoingWaiting] != 2 || b.counted[procedures.OutgoingDelivered] != 1 {
			t.Errorf("counted %v", b.counted)
		}
	})
}

func TestMessagesAreGivenUp(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.DB) {
		r := newReceiver(t)
		r.answer = func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }
		b := newBox(t, open(), target(t, "oncall", r.URL))
		id := b.tell(failed)[0]
		began := b.clock()
		for again := b.deliver(id); again > 0; again = b.deliver(id) {
			b.later(again)
		}
		out := b.outgoing(id)
		if took := b.clock().Sub(began); out.State != procedures.OutgoingGivenUp || out.Attempts != len(r.messages()) ||
			out.Attempts != 11 ||
			took < 23*time.Hour || took > 30*time.Hour {
			t.Errorf("after %s: %+v", took, out)
		}
		for name, c := range map[string]struct {
			before func()
			state  procedures.OutgoingState
			sent   bool
		}{
			"the receiver wants no more": {func() {
				r.answer = func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }
			}, procedures.OutgoingGivenUp, true},
			"nothing to tell any more": {func() { b.message = nil }, procedures.OutgoingDropped, false},
			"the run was deleted": {func() {
				b.message, b.err = nil, procedures.Errorf(procedures.CodeNotFound, "there is no run r1")
			}, procedures.OutgoingGivenUp, false},
			"no notification of the name": {func() { b.Targets = nil }, procedures.OutgoingGivenUp, false},
		} {
			id := func() string { b.message, b.err = &procedures.Message{}, nil; return b.tell(failed)[0] }()
			before, targets := len(r.messages()), b.Targets
			c.before()
			if again := b.deliver(id); again != 0 || b.outgoing(id).State != c.state || (len(r.messages()) > before) != c.sent {
				t.Errorf("%s: again %s, %+v", name, again, b.outgoing(id))
			}
			b.Targets = targets
		}
		if b.counted[procedures.OutgoingGivenUp] != 4 || b.counted[procedures.OutgoingDropped] != 1 {
			t.Errorf("counted %v", b.counted)
		}
		// An outage of the database is no end of a message.
		b.message, b.err = nil, nil
		id = b.tell(failed)[0]
		b.err = errors.New("the database does not answer")
		b.message = &procedures.Message{}
		if _, err := b.Deliver(t.Context(), id); !errors.Is(err, b.err) || b.outgoing(id).State != procedures.OutgoingWaiting {
			t.Errorf("%v, %+v", err, b.outgoing(id))
		}
	})
}

// TestLostJobsAreQueuedAgain has messages whose process ended before they were delivered.
func TestLostJobsAreQueuedAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.DB) {
		db := open()
		b := newBox(t, db, target(t, "oncall", "https://a.example"))
		due := b.tell(failed)[0]
		waiting := procedures.Alert{Kind: procedures.AlertApprovalWaiting, Environment: "production", Procedure: "checks", Run: "r1"}
		later := b.tell(waiting)[0]
		b.queued = nil
		b.later(time.Minute)
		if err := b.Requeue(t.Context()); err != nil || !slices.Equal(b.queued, []string{due}) {
			t.Errorf("queued %q, %v, want %q", b.queued, err, due)
		}
		if wait := b.deliver(later); wait != 14*time.Minute {
			t.Errorf("an approval that waits is told in %s", wait)
		}
		// A transaction that is rolled back leaves nothing to tell.
		broken := errors.New("broken")
		err := db.Update(t.Context(), func(tx procedures.Tx) error {
			return errors.Join(b.Keep(t.Context(), tx, failed), broken)
		})
		if !errors.Is(err, broken) {
			t.Fatal(err)
		}
		if _, err := db.Outgoing(t.Context(), b.queued[len(b.queued)-1]); procedures.CodeOf(err) != procedures.CodeNotFound {
			t.Errorf("it is told although it did not happen: %v", err)
		}
	})
}
