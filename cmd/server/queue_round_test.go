package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
	"github.com/opsbook/opsbook/internal/store/storetest"
)

// TestJobsAreFetchedInRounds lets somebody with many jobs wait before somebody with one, and has more jobs come while some are
// fetched. Line, by which pages say how many are before a step, has the order in which River fetches.
func TestJobsAreFetchedInRounds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.DB) {
		db := open()
		begun, release := make(chan string), make(chan struct{})
		q, err := newQueue(t.Context(), db, slog.New(slog.DiscardHandler), duties{step: func(_ context.Context, execution string) error {
			begun <- execution
			<-release
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		// insert queues an execution of each, in an environment and by somebody.
		insert := func(all string) {
			t.Helper()
			err := db.Update(t.Context(), func(tx procedures.Tx) error {
				for _, one := range strings.Fields(all) {
					environment, by, _ := strings.Cut(one, "/")
					n++
					id := fmt.Sprintf("%s.%d", one, n)
					run := &procedures.Run{ID: id, Procedure: "p", Environment: environment, State: procedures.RunFinished}
					e := &procedures.Execution{ID: id, Run: id, Step: "s", State: procedures.ExecutionWaiting, By: by}
					if err := db.InsertRun(t.Context(), tx, run, "f.md"); err != nil {
						return err
					}
					if err := db.InsertExecution(t.Context(), tx, e); err != nil {
						return err
					}
					if err := q.insert(t.Context(), tx, id); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		line := func() []string {
			t.Helper()
			got, err := q.line(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		insert("prod/ada prod/ada prod/ada")
		insert("prod/bob test/ada prod/bob")
		want := strings.Fields("prod/ada.1 prod/bob.4 test/ada.5 prod/ada.2 prod/bob.6 prod/ada.3")
		if got := line(); !slices.Equal(got, want) {
			t.Errorf("the line is %q, not %q", got, want)
		}
		// The first two are fetched. Who comes now stands beside those who are the first then.
		for range 2 {
			fetch := "UPDATE river_job SET state = 'running' WHERE id = (SELECT id FROM river_job WHERE state = 'available' " +
				"ORDER BY priority, scheduled_at, id LIMIT 1)"
			if _, err := db.SQL().ExecContext(t.Context(), fetch); err != nil {
				t.Fatal(err)
			}
		}
		insert("prod/cat prod/ada")
		want = strings.Fields("prod/ada.1 prod/bob.4 test/ada.5 prod/cat.7 prod/ada.2 prod/bob.6 prod/ada.3 prod/ada.8")
		if got := line(); !slices.Equal(got, want) {
			t.Errorf("then the line is %q, not %q", got, want)
		}
		// River takes all that wait: none is scheduled for later.
		if err := q.start(t.Context()); err != nil {
			t.Fatal(err)
		}
		var got []string
		for range want[2:] {
			got = append(got, <-begun)
		}
		close(release)
		if err := q.stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
		if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(want[2:]))) {
			t.Errorf("begun were %q", got)
		}
	})
}
