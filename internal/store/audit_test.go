package store_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/audit"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
	"github.com/opsbook/opsbook/internal/store/storetest"
)

// audited records entries and gives them their places.
func audited(t *testing.T, db *store.DB, n int) {
	t.Helper()
	for i := range n {
		if err := db.Record(t.Context(), audit.Entry{
			Kind: audit.Pressed, Result: "allowed", Environment: "production", Procedure: "a/b", Run: fmt.Sprint("run", i),
			Origin: audit.Origin{Issuer: "proxy", Subject: "ada@example.com", Name: "Ada"}, Text: fmt.Sprint("step ", i),
		}); err != nil {
			t.Fatal(err)
		}
	}
	chain(t, db)
}

func chain(t *testing.T, db *store.DB) {
	t.Helper()
	for {
		some, err := db.ChainAudit(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !some {
			return
		}
	}
}

// verified is what is wrong with the chain.
func verified(t *testing.T, db *store.DB) (number int64, problems []string) {
	t.Helper()
	last, problems, err := db.VerifyAudit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return last.Number, problems
}

// TestEveryTamperingIsFound alters, removes, reorders and adds rows behind the program's back; each is found.
func TestEveryTamperingIsFound(t *testing.T) {
	const columns = "number, at, kind, result, environment, procedure, run, who, body, digest, previous, hash"
	for _, c := range []struct {
		name, want string
		statements []string
	}{
		{"nothing", "", nil},
		{"a result", "entry 3 was altered", []string{"UPDATE audit SET result = 'refused' WHERE number = 3"}},
		{"a time", "entry 3 was altered", []string{"UPDATE audit SET at = at + 1 WHERE number = 3"}},
		{"a kind", "entry 3 was altered", []string{"UPDATE audit SET kind = 'noted' WHERE number = 3"}},
		{"where it was", "entry 3 was altered", []string{"UPDATE audit SET environment = 'staging' WHERE number = 3"}},
		{"who it was", "the text of entry 3 was altered", []string{"UPDATE audit SET who = 'Eve' WHERE number = 3"}},
		{"the text", "the text of entry 3 was altered", []string{
			"UPDATE audit SET body = replace(body, 'step 2', 'step 7') WHERE number = 3"}},
		{"the text and its digest", "entry 3 was altered",
			[]string{"UPDATE audit SET body = '{}', digest = 'abc' WHERE number = 3"}},
		{"a hash", "entry 3 was altered", []string{"UPDATE audit SET hash = 'abc' WHERE number = 3"}},
		{"a row of the middle removed", "entry 4 follows entry 2", []string{"DELETE FROM audit WHERE number = 3"}},
		{"the first removed", "entry 2 follows entry 0", []string{"DELETE FROM audit WHERE number = 1"}},
		{"the last removed", "entries were removed from the end", []string{"DELETE FROM audit WHERE number = 6"}},
		{"all removed", "entries were removed from the end", []string{"DELETE FROM audit"}},
		{"removed and numbered anew", "does not follow", []string{
			"DELETE FROM audit WHERE number = 3", "UPDATE audit SET number = number - 1 WHERE number > 3"}},
		{"two exchanged", "was altered", []string{
			"UPDATE audit SET number = 99 WHERE number = 3", "UPDATE audit SET number = 3 WHERE number = 4",
			"UPDATE audit SET number = 4 WHERE number = 99"}},
		{"one added at the end", "were added or exchanged at the end", []string{
			"INSERT INTO audit (" + columns + ") SELECT 7, " + strings.TrimPrefix(columns, "number, ") + " FROM audit WHERE number = 6"}},
		{"one doubled in the middle", "was altered", []string{
			"UPDATE audit SET number = number + 1000 WHERE number > 3", "UPDATE audit SET number = number - 999 WHERE number > 1000",
			"INSERT INTO audit (" + columns + ") SELECT 4, " + strings.TrimPrefix(columns, "number, ") + " FROM audit WHERE number = 3"}},
		{"a text taken out", "no entry says that it was erased", []string{"UPDATE audit SET who = '', body = '' WHERE number = 3"}},
		{"the head moved back", "were added or exchanged at the end", []string{"UPDATE audit_head SET number = 5"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, open func() *store.DB) {
				db := open()
				audited(t, db, 6)
				for _, s := range c.statements {
					if _, err := db.SQL().ExecContext(t.Context(), s); err != nil {
						t.Fatal(err)
					}
				}
				_, problems := verified(t, db)
				if text := strings.Join(problems, "\n"); (c.want == "") != (text == "") || !strings.Contains(text, c.want) {
					t.Errorf("found: %s", text)
				}
			})
		})
	}
}

// TestErasureKeepsTheChain: the text goes, with who it was of; the entry stays, an entry says so, and the chain verifies.
func TestErasureKeepsTheChain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.DB) {
		db := open()
		audited(t, db, 5)
		owner := audit.Origin{Name: "Grace", Subject: "grace"}
		for n, want := range map[int64]procedures.ErrorCode{3: "", 99: procedures.CodeNotFound} {
			if err := db.EraseAudit(t.Context(), n, "a password: stood in it", owner); procedures.CodeOf(err) != want {
				t.Errorf("entry %d: %v", n, err)
			}
		}
		if err := db.EraseAudit(t.Context(), 3, "again", owner); procedures.CodeOf(err) != procedures.CodeConflict {
			t.Errorf("again: %v", err)
		}
		if err := db.EraseAudit(t.Context(), 6, "the erasure itself", owner); procedures.CodeOf(err) != procedures.CodeInvalid {
			t.Errorf("the entry of the erasure: %v", err)
		}
		if n, problems := verified(t, db); n != 6 || len(problems) > 0 {
			t.Errorf("%d entries, %q", n, problems)
		}
		rows, err := db.AuditAfter(t.Context(), 2, 1)
		if err != nil || len(rows) != 1 || !rows[0].Erased() || rows[0].Who != "" || rows[0].Hash == "" {
			t.Errorf("%+v, %v", rows, err)
		}
		audited(t, db, 2)
		if n, problems := verified(t, db); n != 8 || len(problems) > 0 {
			t.Errorf("afterwards: %d entries, %q", n, problems)
		}
	})
}

// TestReplicasShareOneChain: several processes record and chain at the same time, and nothing is lost or there twice.
func TestReplicasShareOneChain(t *testing.T) {
	address := storetest.Migrated(t)
	var all sync.WaitGroup
	var dbs []*store.DB
	for range 3 {
		dbs = append(dbs, storetest.Opened(t, func(ctx context.Context) (*store.DB, error) { return store.Connect(ctx, address) }))
	}
	for i, db := range dbs {
		all.Go(func() {
			for j := range 40 {
				if err := db.Record(t.Context(), audit.Entry{Kind: audit.Noted, Run: fmt.Sprint(i, "-", j)}); err != nil {
					t.Error(err)
				}
				if _, err := db.ChainAudit(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	chain(t, dbs[0])
	rows, err := dbs[1].AuditAfter(t.Context(), 0, 1000)
	seen := map[string]bool{}
	for _, r := range rows {
		seen[r.Run] = true
	}
	if n, problems := verified(t, dbs[2]); err != nil || n != 120 || len(seen) != 120 || len(problems) > 0 {
		t.Errorf("%d entries of %d, %q, %v", n, len(seen), problems, err)
	}
}

// TestARollbackRecordsNothing: an entry is kept with what it tells, or not at all.
func TestARollbackRecordsNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.DB) {
		db := open()
		audited(t, db, 1)
		event := procedures.Event{Kind: procedures.EventNote, At: time.Now(), Text: "x"}
		run := &procedures.Run{ID: "r", Procedure: "p", Environment: "e", Digest: "d", State: procedures.RunOpen, StartedAt: time.Now()}
		insert := func(fail bool) error {
			return db.Update(t.Context(), func(tx procedures.Tx) error {
				if err := db.InsertRun(t.Context(), tx, run, "f.md"); err != nil {
					return err
				}
				if err := db.Append(t.Context(), tx, run.ID, time.Now(), []procedures.Event{event}); err != nil || !fail {
					return err
				}
				return procedures.Errorf(procedures.CodeRefused, "not now")
			})
		}
		if insert(true) == nil {
			t.Fatal("it is not rolled back")
		}
		chain(t, db)
		if n, _ := verified(t, db); n != 1 {
			t.Errorf("%d entries of what was rolled back", n)
		}
		if err := insert(false); err != nil {
			t.Fatal(err)
		}
		chain(t, db)
		rows, err := db.AuditBefore(t.Context(), 0, 1)
		if err != nil || rows[0].Number != 2 || rows[0].Kind != audit.Noted || rows[0].Environment != "e" || rows[0].Procedure != "p" {
			t.Errorf("%+v, %v", rows, err)
		}
	})
}

// BenchmarkVerifyAMillion verifies a chain of a million entries in a file.
func BenchmarkVerifyAMillion(b *testing.B) {
	db, err := store.Open(b.Context(), b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	tx, err := db.SQL().BeginTx(b.Context(), nil)
	if err != nil {
		b.Fatal(err)
	}
	insert, err := tx.PrepareContext(b.Context(), "INSERT INTO audit VALUES (?,?,?,?,?,?,?,?,?,?,?,?)")
	if err != nil {
		b.Fatal(err)
	}
	var last audit.Record
	for i := range 1_000_000 {
		r, err := audit.NewRecord(audit.Entry{
			At: time.Unix(int64(i), 0), Kind: audit.Called, Result: "answered", Environment: "production", Procedure: "scaling/scale-out",
			Run: "abcdefghijkl", Origin: audit.Origin{Issuer: "proxy", Subject: "ada@example.com", Name: "Ada"}, Step: "s", Digest: "d",
			Request: "11111111-2222-3333-4444-555555555555", Text: "lambda get-function --function-name api",
		})
		if err != nil {
			b.Fatal(err)
		}
		last = r.Chain(last)
		if _, err := insert.ExecContext(b.Context(), last.Number, last.At, string(last.Kind), last.Result, last.Environment, last.Procedure,
			last.Run, last.Who, last.Body, last.Digest, last.Previous, last.Hash); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := tx.ExecContext(b.Context(), "INSERT INTO audit_head VALUES (1, ?, ?)", last.Number, last.Hash); err != nil {
		b.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if got, problems, err := db.VerifyAudit(b.Context()); err != nil || got.Number != 1_000_000 || len(problems) > 0 {
			b.Fatal(got.Number, problems, err)
		}
	}
}

// BenchmarkRecord records an entry, as a sign-in does.
func BenchmarkRecord(b *testing.B) {
	db, err := store.Open(b.Context(), b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	for b.Loop() {
		if err := db.Record(b.Context(), audit.Entry{Kind: audit.SignedIn, Origin: audit.Origin{Name: "Ada"}}); err != nil {
			b.Fatal(err)
		}
	}
}
