package store_test

import (
	"context"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
	"github.com/opsbook/opsbook/internal/store/storetest"
)

func TestConnectSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t)
	other := func(change func(*url.URL)) string {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		change(u)
		return u.String()
	}
	nobody, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := nobody.Addr().String()
	if err := nobody.Close(); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name, address string
		code          procedures.ErrorCode
		says          string
	}{
		{"nobody listens", other(func(u *url.URL) { u.Host = free }), procedures.CodeUnavailable, "does not answer"},
		{"no such database", other(func(u *url.URL) { u.Path = "/opsbook_nowhere" }), procedures.CodeUnavailable, "no such database"},
		{"only for reading", other(func(u *url.URL) {
			u.RawQuery += "&default_transaction_read_only=on"
		}), procedures.CodeUnavailable, "may only be read"},
		{"no address", "postgres://user:s3cret@host:notaport/x", procedures.CodeInvalid, "not one of PostgreSQL"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := store.Connect(t.Context(), c.address)
			if procedures.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v", err)
			}
			if err != nil && strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the message has the password: %v", err)
			}
		})
	}
}

func TestNoConnectionLeftSaysSo(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t)
	admin, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(context.WithoutCancel(t.Context()))
	db := storetest.Opened(t, func(ctx context.Context) (*store.DB, error) { return store.Connect(ctx, address) })
	name := db.Path[strings.LastIndex(db.Path, "/")+1:]
	for _, statement := range []string{ // a superuser is let in beyond every limit
		"CREATE ROLE \"limited_" + name + "\" LOGIN CONNECTION LIMIT 0",
		"GRANT ALL ON DATABASE " + name + " TO \"limited_" + name + "\"",
	} {
		if _, err := admin.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		conn, err := pgx.Connect(ctx, address)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close(ctx)
		for _, statement := range []string{"DROP OWNED BY \"limited_" + name + "\"", "DROP ROLE \"limited_" + name + "\""} {
			if _, err := conn.Exec(ctx, statement); err != nil {
				t.Error(err)
			}
		}
	})
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.User("limited_" + name)
	if _, err := store.Connect(t.Context(), u.String()); procedures.CodeOf(err) != procedures.CodeUnavailable ||
		!strings.Contains(err.Error(), "no connection left") {
		t.Errorf("got %v", err)
	}
}

func TestTablesAreMadeOnceByManyProcesses(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			db, err := store.Connect(t.Context(), address)
			if err != nil {
				t.Error(err)
				return
			}
			if err := db.Ping(t.Context()); err != nil {
				t.Error(err)
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestEventsOfABrokenCommitAreKeptOnce(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		insert(t, db, "r1", "check", noon)
		events := []procedures.Event{
			{Kind: procedures.EventOutput, Text: "one\x00", At: noon}, {Kind: procedures.EventOutput, Text: "two", At: noon},
		}
		write := func() {
			update(t, db, func(tx procedures.Tx) error { return db.Append(t.Context(), tx, "r1", noon, events) })
		}
		write()
		write() // its answer was lost: the writer does not know that it was kept
		other := []procedures.Event{{Kind: procedures.EventNotice, Text: "other", At: noon}}
		update(t, db, func(tx procedures.Tx) error { return db.Append(t.Context(), tx, "r1", noon, other) })
		undone := []procedures.Event{
			{
				Number: 3, Run: "r1", Kind: procedures.EventOutput,
				Text: "an attempt that was undone, and whose number another has", At: noon,
			},
		}
		update(t, db, func(tx procedures.Tx) error { return db.Append(t.Context(), tx, "r1", noon, undone) })
		all, err := db.Events(t.Context(), "r1", 0, 10)
		if err != nil || len(all) != 4 || all[0].Text != "one\x00" || all[3].Number != 4 {
			t.Errorf("got %+v, %v", all, err)
		}
	})
}

// A browser that goes away ends the context of a press in the middle of its transaction. The race detector sees a connection
// that is used while its pool closes it; without it, it is a panic now and then, which ends the server.
func TestTransactionWhoseContextEnds(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t)
	db := storetest.Opened(t, func(ctx context.Context) (*store.DB, error) { return store.Connect(ctx, address) })
	if _, err := db.SQL().ExecContext(t.Context(), "CREATE TABLE kept (n integer)"); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				ctx, cancel := context.WithCancel(t.Context())
				err := db.Update(ctx, func(tx procedures.Tx) error {
					if _, err := tx.(*store.PostgresTx).ExecContext(ctx, "INSERT INTO kept VALUES (1)"); err != nil {
						t.Errorf("before the context ended: %v", err)
					}
					cancel()
					_, err := tx.(*store.PostgresTx).ExecContext(ctx, "INSERT INTO kept VALUES (2)")
					return err
				})
				if err == nil {
					t.Error("a transaction whose context ended was kept")
				}
			}
		})
	}
	all.Wait()
	n := -1
	if err := db.SQL().QueryRowContext(t.Context(), "SELECT count(*) FROM kept").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d rows were kept: %v", n, err)
	}
}
