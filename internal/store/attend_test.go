package store_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
	"github.com/opsbook/opsbook/internal/store/storetest"
)

// attend lets a process of the database attend until stop is called, and returns what it receives. It has begun to listen.
func attend(t *testing.T, db *store.DB) (received chan procedures.Notification, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	received = make(chan procedures.Notification, 1000)
	listens := make(chan struct{}, 100)
	var attending sync.WaitGroup
	attending.Go(func() {
		db.Attend(ctx, slog.New(slog.DiscardHandler), func(n procedures.Notification) { received <- n }, func() { listens <- struct{}{} })
	})
	stop = func() { cancel(); attending.Wait() }
	t.Cleanup(stop)
	<-listens
	return received, stop
}

func TestNotesReachTheOtherReplicas(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t)
	connect := func(ctx context.Context) (*store.DB, error) { return store.Connect(ctx, address) }
	one, other := storetest.Opened(t, connect), storetest.Opened(t, connect)
	received, _ := attend(t, one)
	_, stop := attend(t, other)
	want := map[string]string{}
	for i := range 30 { // more than one notification takes
		want[fmt.Sprintf("prod\x00place %d", i)] = strings.Repeat(`"\<`, store.MaxAnnouncement/3)
	}
	for subject, text := range want {
		other.Announce(subject, text)
	}
	other.Announce("too long", strings.Repeat("x", store.MaxAnnouncement+1))
	other.Notify("prod\x00p", "run")
	topics, notes := map[string]bool{}, map[string]string{}
	for len(topics) < 2 || len(notes) < len(want) {
		n := <-received
		if n.From != other.Replica() || n.Ended {
			t.Fatalf("received %+v", n)
		}
		for _, topic := range n.Topics {
			topics[topic] = true
		}
		for subject, text := range n.Notes {
			notes[subject] = text
		}
	}
	for subject, text := range want {
		if notes[subject] != text {
			t.Errorf("of %q it received %q", subject, notes[subject])
		}
	}
	if !topics["prod\x00p"] || !topics["run"] || len(notes) != len(want) {
		t.Errorf("received %v and %d notes", topics, len(notes))
	}
	other.Notify("at the end")
	stop()
	var last []procedures.Notification
	for len(last) == 0 || !last[len(last)-1].Ended {
		last = append(last, <-received)
	}
	if len(last[0].Topics) != 1 || last[0].Topics[0] != "at the end" {
		t.Errorf("at the end it told %+v", last)
	}
}
