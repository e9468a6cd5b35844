package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
)

// TestSearch finds words of journals by their beginnings, the newest first, and nothing of runs that were deleted.
func TestSearch(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		index := func(run string, said ...string) {
			u, err := db.IndexedTo(t.Context(), run)
			if err != nil {
				t.Fatal(err)
			}
			var parts []procedures.Indexed
			for i, text := range said {
				parts = append(parts, procedures.Indexed{Step: "s", First: int64(i + 1), Last: int64(i + 1), Words: procedures.Words(text)})
			}
			if err := db.Index(t.Context(), u, parts, u.Newest); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 3 {
			run := fmt.Sprintf("r%d", i)
			insert(t, db, run, fmt.Sprintf("check-%d", i), noon)
			update(t, db, func(tx procedures.Tx) error {
				return db.Append(t.Context(), tx, run, noon, []procedures.Event{{Kind: procedures.EventRunStarted}})
			})
		}
		all, err := db.Unindexed(t.Context(), 10)
		if err != nil || len(all) != 3 {
			t.Fatal(all, err)
		}
		index("r0", "arn:aws:lambda:eu-west-1:123456789012:function:orders", "It's ÄRGER & | ! <-> 'quoted' \"twice\"")
		index("r1", "The function is fine", "nothing")
		late := procedures.Unindexed{Run: "r1", Newest: 1} // another process, which had read it before
		if err := db.Index(t.Context(), late, []procedures.Indexed{{Words: []string{"never"}}}, 1); err != nil {
			t.Fatal(err)
		}
		index("r2", "ORDERS again")
		for words, want := range map[string]string{
			"orders": "r2 r0", "ord": "r2 r0", "function": "r1 r0", "lambda 1234": "r0", "ärg quot": "r0", "never": "", "rders": "",
			"nothing else": "", "' & !": "", "'": "",
		} {
			hits, err := db.Search(t.Context(), procedures.Words(words), 0, 10)
			var got []string
			for _, h := range hits {
				got = append(got, h.Run.ID)
			}
			if err != nil || strings.Join(got, " ") != want {
				t.Errorf("%q finds %q, want %q: %v", words, got, want, err)
			}
		}
		first, err := db.Search(t.Context(), []string{"orders"}, 0, 1)
		if err != nil || len(first) != 1 {
			t.Fatalf("one of two: %v, %v", first, err)
		}
		next, err := db.Search(t.Context(), []string{"orders"}, first[0].ID, 1)
		if err != nil || len(next) != 1 || next[0].Run.ID != "r0" {
			t.Errorf("after %v: %v, %v", first[0], next, err)
		}
		update(t, db, func(tx procedures.Tx) error { return db.FinishRun(t.Context(), tx, "r2", noon.Add(time.Hour)) })
		if gone, err := db.DeleteRun(t.Context(), "r2"); err != nil || !gone {
			t.Fatal(gone, err)
		}
		index("r2", "it is gone") // while it was read
		insert(t, db, "r3", "check-3", noon)
		index("r3", "with a number that was another's")
		for _, word := range []string{"again", "gone"} {
			if hits, err := db.Search(t.Context(), []string{word}, 0, 10); err != nil || len(hits) > 0 {
				t.Errorf("of a run that was deleted %q is found: %v, %v", word, hits, err)
			}
		}
		if all, err = db.Unindexed(t.Context(), 10); err != nil || len(all) > 0 {
			t.Errorf("to be indexed is %v, %v", all, err)
		}
	})
}
