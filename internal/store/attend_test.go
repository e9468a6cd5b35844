package store_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

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
		db.Attend(ctx, slog.New(slog.DiscardHandler), func(n procedures.Notification) { received <- n },
			func() { listens <- struct{}{} }, func() {})
	})
	stop = func() { cancel(); attending.Wait() }
	t.Cleanup(stop)
	<-listens
	return received, stop
}

func TestNotesReachTheOtherReplicas(t *testing.T) {
	t.Parallel()
	address := storetest.Migrated(t)
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
	if !slices.ContainsFunc(last, func(n procedures.Notification) bool { return slices.Contains(n.Topics, "at the end") }) {
		t.Errorf("at the end it told %+v", last)
	}
}

// TestAttendanceIsProvenAgain has a process attend: the time for which it may change something is renewed again and again, and is
// over when it does not attend any more.
func TestAttendanceIsProvenAgain(t *testing.T) {
	t.Parallel()
	address := storetest.Migrated(t)
	db := storetest.Opened(t, func(ctx context.Context) (*store.DB, error) { return store.Connect(ctx, address) })
	if db.Attended() <= procedures.AttendanceHolds {
		t.Error("a process that never attends is fenced")
	}
	_, stop := attend(t, db)
	often := time.NewTicker(10 * time.Millisecond)
	defer often.Stop()
	for renewed, last := 0, db.Attended(); renewed < 2; <-often.C {
		now := db.Attended()
		if now <= 0 || now > procedures.AttendanceHolds {
			t.Fatalf("a process that attends may change something for %s", now)
		}
		if now > last {
			renewed++
		}
		last = now
	}
	stop()
	if left := db.Attended(); left != 0 {
		t.Errorf("a process that does not attend any more may change something for %s", left)
	}
}

// TestProcessThatStandsStillIsGone asks for nothing over the connection of a process that attends, as where it is frozen: the database
// lets others take it for gone.
func TestProcessThatStandsStillIsGone(t *testing.T) {
	t.Parallel()
	address := storetest.Migrated(t)
	connect := func(ctx context.Context) (*store.DB, error) { return store.Connect(ctx, address) }
	frozen, other := storetest.Opened(t, connect), storetest.Opened(t, connect)
	stands, held := make(chan struct{}), make(chan struct{}, 100)
	var attending sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	attending.Go(func() {
		frozen.Attend(ctx, slog.New(slog.DiscardHandler), func(procedures.Notification) { <-stands },
			func() { held <- struct{}{} }, func() {})
	})
	defer func() { close(stands); cancel(); attending.Wait() }()
	<-held
	departed := func() (gone bool) {
		err := other.Update(t.Context(), func(tx procedures.Tx) (err error) {
			gone, err = other.Departed(t.Context(), tx, frozen.Replica())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return gone
	}
	if departed() {
		t.Fatal("a process that attends is taken for gone")
	}
	_, _ = attend(t, other)
	other.Notify("stand still")
	often := time.NewTicker(50 * time.Millisecond)
	defer often.Stop()
	for !departed() { // as long as the test may take
		<-often.C
	}
	if left := frozen.Attended(); left > procedures.AttendanceHolds-2*time.Second {
		t.Errorf("a process that is gone may change something for %s", left)
	}
}
