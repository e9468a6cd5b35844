package store_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
	"github.com/opsbook/opsbook/internal/store/storetest"
)

// TestLostAnswerOfACommit loses the answer of a commit that the database has carried out.
func TestLostAnswerOfACommit(t *testing.T) {
	t.Parallel()
	proxy := storetest.NewProxy(t, storetest.Migrated(t))
	db := storetest.Opened(t, func(ctx context.Context) (*store.DB, error) { return store.Connect(ctx, proxy.Address) })
	run := &procedures.Run{ID: "r", Procedure: "p", Environment: "e", Digest: "d", State: procedures.RunOpen, StartedAt: time.Now()}
	proxy.LoseAnswerOf("commit")
	err := db.Update(t.Context(), func(tx procedures.Tx) error { return db.InsertRun(t.Context(), tx, run, "") })
	if said := procedures.Said(err); procedures.CodeOf(err) != procedures.CodeUnavailable ||
		strings.Contains(said, "nothing was changed") || !strings.Contains(said, "not known") {
		t.Errorf("it is said %q", said)
	}
	if _, _, err := db.Run(t.Context(), run.ID); err != nil {
		t.Errorf("the run is not there, so this test shows nothing: %v", err)
	}
}
