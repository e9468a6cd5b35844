package store_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
)

// BenchmarkSearch finds words that are everywhere, rare, absent and only begun, among a million events: 100,000 parts of ten events each.
func BenchmarkSearch(b *testing.B) {
	db, err := store.Open(b.Context(), b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	random := rand.New(rand.NewPCG(1, 2))
	vocabulary := make([]string, 50_000)
	for i := range vocabulary {
		vocabulary[i] = fmt.Sprintf("w%x", random.Uint32())
	}
	const runs, parts = 1000, 100
	for r := range runs {
		id := fmt.Sprintf("run%d", r)
		err := db.Update(b.Context(), func(tx procedures.Tx) error {
			run := &procedures.Run{
				ID: id, Procedure: fmt.Sprintf("p%d", r), State: procedures.RunFinished, Environment: "e",
				StartedAt: noon.Add(time.Duration(r) * time.Second),
			}
			if err := db.InsertRun(b.Context(), tx, run, "p.md"); err != nil {
				return err
			}
			return db.Append(b.Context(), tx, id, noon, []procedures.Event{{Kind: procedures.EventRunStarted}})
		})
		if err != nil {
			b.Fatal(err)
		}
		var list []procedures.Indexed
		for i := range parts {
			words := []string{"everywhere"}
			for range 100 { // of ten lines
				words = append(words, vocabulary[random.IntN(len(vocabulary))])
			}
			list = append(list, procedures.Indexed{Step: "s", First: int64(i + 1), Last: int64(i + 1), Words: words})
		}
		if err := db.Index(b.Context(), procedures.Unindexed{Run: id}, list, 1); err != nil {
			b.Fatal(err)
		}
	}
	for _, words := range [][]string{
		{"everywhere"}, {vocabulary[7]}, {"w"}, {"w1"}, {"everywhere", vocabulary[7][:4]}, {"absent"},
	} {
		b.Run(fmt.Sprint(words), func(b *testing.B) {
			for b.Loop() {
				if _, err := db.Search(b.Context(), words, 0, 100); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
