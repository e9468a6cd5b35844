package main

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
)

// TestQueueIsWokenByWhatItInserts has a queue that asks its database once an hour: only being woken can bring the jobs.
func TestQueueIsWokenByWhatItInserts(t *testing.T) {
	db, err := store.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	worked := make(chan string, 10)
	q, err := newSQLiteQueue(t.Context(), db, time.Hour, slog.New(slog.DiscardHandler), duties{
		step: func(_ context.Context, execution string) error {
			worked <- execution
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if err := q.start(ctx); err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		execution := fmt.Sprintf("e%d", i)
		if err := db.Update(t.Context(), func(tx procedures.Tx) error { return q.insert(t.Context(), tx, execution) }); err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-worked:
			if got != execution {
				t.Errorf("%s was worked on, %s was inserted", got, execution)
			}
		case <-time.After(patience):
			t.Fatalf("%s was not begun", execution)
		}
	}
	if err := q.stop(context.Background()); err != nil {
		t.Error(err)
	}
}
