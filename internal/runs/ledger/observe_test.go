package ledger

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// told counts events as the observer is told of them.
type told struct {
	Observer
	events int
}

func (o *told) Recorded(run *procedures.Run, events []procedures.Event, _ time.Duration) {
	if run.Procedure == "book/look" {
		o.events += len(events)
	}
}

// TestAnAnswerThatIsLostIsToldOnce commits an event without an answer. The attempt that is made again finds it in the journal and
// tells of it, once; it does not where another process wrote something else there, or where it was rolled back.
func TestAnAnswerThatIsLostIsToldOnce(t *testing.T) {
	l, store, _ := ledgerOf()
	o := &told{}
	l.Observer, l.Logger = o, slog.New(slog.DiscardHandler)
	event := []procedures.Event{{Kind: procedures.EventStepFinished, Execution: "e", At: l.Now()}}
	attempt := func(fn func(tx procedures.Tx) error) error { return l.Update(t.Context(), fn) }
	store.lost = errors.New("the connection is gone")
	err := attempt(func(tx procedures.Tx) error { return l.Append(t.Context(), tx, "r", event...) })
	if err == nil || o.events != 0 || event[0].Number != 1 {
		t.Fatalf("%v, %d were told, the number is %d", err, o.events, event[0].Number)
	}
	store.lost = nil
	again := func(tx procedures.Tx) error { return l.Appended(t.Context(), tx, "r", event...) }
	if err := attempt(again); err != nil || o.events != 1 {
		t.Errorf("%v, %d were told", err, o.events)
	}
	store.events[0].Execution = "another's"
	if err := attempt(again); err != nil || o.events != 1 {
		t.Errorf("%v, %d were told after another process wrote there", err, o.events)
	}
	store.events = nil
	if err := attempt(again); err != nil || o.events != 1 {
		t.Errorf("%v, %d were told after nothing was written", err, o.events)
	}
}
