package storetest_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/opsbook/opsbook/internal/store/storetest"
)

// TestClusterStopsAndStarts has a server that keeps what was written over both ways to end it.
func TestClusterStopsAndStarts(t *testing.T) {
	t.Parallel()
	c := storetest.NewCluster(t)
	query := func(statement string, into ...any) {
		t.Helper()
		conn, err := pgx.Connect(t.Context(), c.Address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		if len(into) == 0 {
			_, err = conn.Exec(t.Context(), statement)
		} else {
			err = conn.QueryRow(t.Context(), statement).Scan(into...)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	query("CREATE TABLE kept (n int)")
	for n, end := range []func(){c.Stop, c.Crash} {
		query("INSERT INTO kept VALUES (1)")
		end()
		if conn, err := pgx.Connect(t.Context(), c.Address); err == nil {
			_ = conn.Close(t.Context())
			t.Fatal("it answers after its end")
		}
		c.Start()
		var rows int
		if query("SELECT count(*) FROM kept", &rows); rows != n+1 {
			t.Errorf("%d rows are kept, not %d", rows, n+1)
		}
	}
}
