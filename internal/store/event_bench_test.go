package store_test

import (
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
)

// BenchmarkAppend appends one event of output to a journal, in a transaction of its own on a disk, as a step that prints does;
// and reads what came after a number, as every reader does.
func BenchmarkAppend(b *testing.B) {
	db, err := store.Open(b.Context(), b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	ctx := b.Context()
	err = db.Update(ctx, func(tx procedures.Tx) error {
		return db.InsertRun(ctx, tx, &procedures.Run{
			ID: "r1", Procedure: "check", Title: "Check", Digest: "d", Environment: "test", Account: "1",
			State: procedures.RunOpen, StartedBy: "oncall", StartedAt: noon, UpdatedAt: noon,
		}, "book.md")
	})
	if err != nil {
		b.Fatal(err)
	}
	event := procedures.Event{
		Kind: procedures.EventOutput, Stream: "stdout", Step: "s", Execution: "e", Text: strings.Repeat("ACTIVE\t48211\t13002342\n", 20),
	}
	last := int64(0)
	b.Run("append", func(b *testing.B) {
		for b.Loop() {
			if err := db.Update(ctx, func(tx procedures.Tx) error {
				return db.Append(ctx, tx, "r1", noon, []procedures.Event{event})
			}); err != nil {
				b.Fatal(err)
			}
			last++
		}
	})
	b.Run("since", func(b *testing.B) {
		for b.Loop() {
			if events, err := db.Events(ctx, "r1", last-1, 500); err != nil || len(events) != 1 {
				b.Fatalf("%d events, %v", len(events), err)
			}
		}
	})
}
