package store_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
)

// TestNewestOfEachProcedure compares what the queries find from the ends of indexes with what a sort of all runs finds:
// with times that are equal, with environments of other procedures, with none at all.
func TestNewestOfEachProcedure(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		random := rand.New(rand.NewPCG(1, 2))
		type place struct{ environment, procedure string }
		kept := map[place][]*procedures.Run{} // newest first
		planned := map[place]time.Time{}
		for i := range 300 {
			at := noon.Add(time.Duration(random.IntN(20)) * time.Minute)
			r := &procedures.Run{
				ID: fmt.Sprintf("r%03d", random.IntN(1000)*1000+i), Procedure: fmt.Sprintf("p%d", random.IntN(9)),
				Title: "Check", Digest: "d",
				Environment: []string{"", "prod", "test"}[random.IntN(3)], Account: "1", State: procedures.RunFinished, StartedBy: "oncall",
				Verdict:   []procedures.Verdict{"", procedures.Passed, procedures.Failed}[random.IntN(3)],
				StartedAt: at, UpdatedAt: at, FinishedAt: at.Add(time.Duration(random.IntN(60)) * time.Second), Markdown: "# Check\n",
			}
			update(t, db, func(tx procedures.Tx) error {
				planning := procedures.Scheduled{Procedure: r.Procedure, Environment: r.Environment, At: r.FinishedAt, Run: r.ID}
				if err := db.RecordPlanned(t.Context(), tx, planning); err != nil {
					return err
				}
				return db.InsertRun(t.Context(), tx, r, "book.md")
			})
			where := place{r.Environment, r.Procedure}
			kept[where] = append(kept[where], r)
			if r.FinishedAt.After(planned[where]) {
				planned[where] = r.FinishedAt
			}
		}
		for _, list := range kept {
			slices.SortFunc(list, newestFirst)
		}
		asked := []string{"", "p0", "a procedure that was never run", "ä procedure of ünusual letters"}
		for i := range 150 { // more than are asked about together
			asked = append(asked, fmt.Sprintf("p%d", i+1))
		}
		for _, environment := range []string{"", "prod", "test", "nowhere"} {
			newest, finished, times := map[string]string{}, map[string]time.Time{}, map[string]time.Time{}
			for where, list := range kept {
				if where.environment != environment {
					continue
				}
				newest[where.procedure], times[where.procedure] = list[0].ID, planned[where]
				for _, r := range list {
					if r.FinishedAt.After(finished[where.procedure]) {
						finished[where.procedure] = r.FinishedAt
					}
				}
			}
			latest, err := db.LatestRuns(t.Context(), environment)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, r := range latest {
				got[r.Procedure] = r.ID
			}
			if !maps.Equal(got, newest) || len(latest) != len(newest) {
				t.Errorf("%q: latest are %v, want %v", environment, got, newest)
			}
			// Some procedures have several names, in whatever order they are asked about.
			of, names := map[string]string{}, [][]string{}
			for i := 0; i < len(asked); i += 1 + i%3 {
				list := asked[i:min(i+1+i%3, len(asked))]
				for _, name := range list {
					of[name] = list[0]
				}
				names = append(names, list)
			}
			last, err := db.LastFinished(t.Context(), environment, names)
			if finished = later(of, finished); err != nil || !maps.EqualFunc(last, finished, time.Time.Equal) {
				t.Errorf("%q: finished last %v, want %v (%v)", environment, last, finished, err)
			}
			scheduled, err := db.LastPlanned(t.Context(), environment, names)
			if err != nil {
				t.Fatal(err)
			}
			at := map[string]time.Time{}
			for _, s := range scheduled {
				at[s.Procedure] = s.At
			}
			if times = later(of, times); !maps.EqualFunc(at, times, time.Time.Equal) {
				t.Errorf("%q: planned last %v, want %v", environment, at, times)
			}
			for most := range 4 {
				recent, err := db.RecentVerdicts(t.Context(), environment, names, most)
				if err != nil {
					t.Fatal(err)
				}
				for _, ids := range names {
					id := ids[0]
					var want []procedures.Verdict
					var list []*procedures.Run
					for _, name := range ids {
						list = append(list, kept[place{environment, name}]...)
					}
					slices.SortFunc(list, newestFirst)
					for _, r := range list[:min(most, len(list))] {
						want = append(want, r.Verdict)
					}
					if !slices.Equal(recent[id], want) {
						t.Errorf("%q: the last %d of %s came to %q, want %q", environment, most, id, recent[id], want)
					}
				}
			}
		}
		testRunsBefore(t, db, slices.Concat(slices.Collect(maps.Values(kept))...))
		deleteBeyond(t, db, 5)
		for where, list := range kept {
			left, err := db.Runs(t.Context(), where.environment, 1000, where.procedure)
			if err != nil {
				t.Fatal(err)
			}
			want := list[:min(5, len(list))]
			if !slices.EqualFunc(left, want, func(a, b *procedures.Run) bool { return a.ID == b.ID }) {
				t.Errorf("%v: %d runs are left, want the newest %d", where, len(left), len(want))
			}
		}
		if n := db.Texts(t); n != 1 {
			t.Errorf("%d texts are kept while runs share one", n)
		}
		for where := range kept {
			left, err := db.Runs(t.Context(), where.environment, 1000, where.procedure)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range left {
				if deleted, err := db.DeleteRun(t.Context(), r.ID); err != nil || !deleted {
					t.Fatalf("%s: %v, %v", r.ID, deleted, err)
				}
			}
		}
		if n := db.Texts(t); n != 0 {
			t.Errorf("%d texts outlived their runs", n)
		}
	})
}

// deleteBeyond deletes all but the newest runs of each procedure, a few at a time.
func deleteBeyond(t *testing.T, db *store.DB, most int) {
	t.Helper()
	for {
		ids, err := db.ExcessRuns(t.Context(), most, 7)
		if err != nil {
			t.Fatal(err)
		}
		if len(ids) == 0 {
			return
		}
		for _, id := range ids {
			if deleted, err := db.DeleteRun(t.Context(), id); err != nil || !deleted {
				t.Fatalf("%s: %v, %v", id, deleted, err)
			}
		}
	}
}

// testRunsBefore goes through all runs of an environment, and those of one and of two of its procedures, some at a time.
func testRunsBefore(t *testing.T, db *store.DB, all []*procedures.Run) {
	t.Helper()
	slices.SortFunc(all, newestFirst)
	one, other := all[0].Procedure, all[len(all)-1].Procedure
	for _, names := range [][]string{nil, {one}, {one, other}} {
		var want, got []string
		for _, r := range all {
			if r.Environment == "prod" && (names == nil || slices.Contains(names, r.Procedure)) {
				want = append(want, r.ID)
			}
		}
		for last := new(procedures.Run); ; {
			some, err := db.RunsBefore(t.Context(), "prod", last.StartedAt, last.ID, 7, slices.Compact(slices.Clone(names))...)
			if err != nil {
				t.Fatal(err)
			}
			if len(some) == 0 {
				break
			}
			for _, r := range some {
				got = append(got, r.ID)
			}
			last = some[len(some)-1]
		}
		if len(want) == 0 || !slices.Equal(got, want) {
			t.Errorf("%q: %d runs one after another are %v, want %d: %v", names, len(got), got, len(want), want)
		}
	}
}

// newestFirst is the order of histories.
func newestFirst(a, b *procedures.Run) int {
	return cmp.Or(b.StartedAt.Compare(a.StartedAt), cmp.Compare(b.ID, a.ID))
}

// later is the latest time of all names that are of one procedure, by its first.
func later(of map[string]string, times map[string]time.Time) map[string]time.Time {
	out := map[string]time.Time{}
	for name, at := range times {
		if at.After(out[of[name]]) {
			out[of[name]] = at
		}
	}
	return out
}
