package main

import (
	"context"
	"log/slog"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
	"github.com/opsbook/opsbook/internal/store/storetest"
)

// TestFetchedJobThatNobodyHasIsQueuedAgain has jobs that the table says this process has fetched. Where it does not work on one, the
// answer to the fetch was lost: the execution would wait for ever.
func TestFetchedJobThatNobodyHasIsQueuedAgain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.DB) {
		db := open()
		attending, leave := context.WithCancel(t.Context())
		attended := make(chan struct{})
		go func() {
			defer close(attended)
			db.Attend(attending, slog.New(slog.DiscardHandler), func(procedures.Notification) {}, func() {}, func() {})
		}()
		defer func() { leave(); <-attended }()
		begun, release := make(chan struct{}), make(chan struct{})
		q, err := newQueue(t.Context(), db, slog.New(slog.DiscardHandler), duties{step: func(context.Context, string) error {
			close(begun)
			<-release
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		insert := func(execution string) {
			t.Helper()
			if err := db.Update(t.Context(), func(tx procedures.Tx) error { return q.insert(t.Context(), tx, execution) }); err != nil {
				t.Fatal(err)
			}
		}
		// fetched is what River's fetch writes, some seconds ago.
		fetched := func(execution, seconds string) {
			t.Helper()
			statement := "UPDATE river_job SET state = 'running', attempted_by = json_array($1), " +
				"attempted_at = datetime('now', 'subsec', '-' || $2 || ' seconds') WHERE json_extract(args, '$.execution') = $3"
			if db.Postgres() != nil {
				statement = "UPDATE river_job SET state = 'running', attempted_by = ARRAY[$1::text], " +
					"attempted_at = now() - ($2 || ' seconds')::interval WHERE args->>'execution' = $3"
			}
			if _, err := db.SQL().ExecContext(t.Context(), statement, db.Replica(), seconds, execution); err != nil {
				t.Fatal(err)
			}
		}
		insert("worked on")
		if err := q.start(t.Context()); err != nil {
			t.Fatal(err)
		}
		<-begun
		fetched("worked on", "60")
		queued := func() map[string]bool {
			t.Helper()
			all, err := q.queued(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return all
		}
		eventually(t, "this process attends", func() bool { return queued()["worked on"] })
		close(release)
		if err := q.stop(context.WithoutCancel(t.Context())); err != nil {
			t.Fatal(err)
		}
		insert("lost")
		insert("just fetched")
		insert("waits")
		fetched("lost", "60")
		fetched("just fetched", "1")
		if all := queued(); all["lost"] || !all["just fetched"] || !all["waits"] {
			t.Errorf("queued are %v", all)
		}
		insert("lost") // as recovery does
		if !queued()["lost"] {
			t.Error("it is not queued again")
		}
		var rows int
		left := db.SQL().QueryRowContext(t.Context(), "SELECT count(*) FROM river_job WHERE state <> 'completed'")
		if err := left.Scan(&rows); err != nil || rows != 3 {
			t.Errorf("%d jobs are left, %v", rows, err)
		}
	})
}
