package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/store"
)

// span is an execution that is kept: when it was asked for, and when the database was told that it has ended. Its end itself may be
// older than that by as long as the database took nothing, or the run was locked by a replica that stood still. Until it is told a
// press joins the execution.
type span struct {
	procedure, step string
	from, to        time.Time
}

// lost are the answered presses that nothing is kept of: of a change its execution, of a reading one that was there for others at
// some time between the press and its answer.
func lost(acked []ack, kept map[string]span) (out []ack) {
	for _, a := range acked {
		_, found := kept[a.execution]
		for _, s := range kept {
			found = found || a.execution == "" && s.procedure == a.procedure && s.step == a.step &&
				!s.from.After(a.to) && !s.to.Before(a.from)
		}
		if !found {
			out = append(out, a)
		}
	}
	return out
}

func TestLostPressesAreFound(t *testing.T) {
	t.Parallel()
	at := func(second int) time.Time { return time.Unix(int64(second), 0) }
	kept := map[string]span{"one": {"book/p1", "read", at(10), at(20)}, "two": {"book/p1", "change", at(30), at(40)}}
	for _, c := range []struct {
		name string
		ack  ack
		lost bool
	}{
		{"it began one", ack{procedure: "book/p1", step: "read", from: at(9), to: at(11)}, false},
		{"it joined one that ran", ack{procedure: "book/p1", step: "read", from: at(15), to: at(16)}, false},
		{"it joined one whose end was told before the answer", ack{procedure: "book/p1", step: "read", from: at(19), to: at(21)}, false},
		{"before it", ack{procedure: "book/p1", step: "read", from: at(8), to: at(9)}, true},
		{"after it", ack{procedure: "book/p1", step: "read", from: at(21), to: at(22)}, true},
		{"another procedure", ack{procedure: "book/p2", step: "read", from: at(15), to: at(16)}, true},
		{"another step", ack{procedure: "book/p1", step: "change", from: at(15), to: at(16)}, true},
		{"a change", ack{procedure: "book/p1", step: "change", execution: "two", from: at(50), to: at(51)}, false},
		{"a change that nobody knows", ack{procedure: "book/p1", step: "change", execution: "three", from: at(31), to: at(32)}, true},
	} {
		if got := lost([]ack{c.ack}, kept); (len(got) == 1) != c.lost {
			t.Errorf("%s: %d are lost", c.name, len(got))
		}
	}
}

// keepEnds lets the database, which no server uses yet, keep when it is told that an execution has ended: the journal holds when it
// did.
func (k *killing) keepEnds(open func(context.Context) (*store.DB, error)) {
	k.Helper()
	db, err := open(k.Context())
	if err != nil {
		k.Fatal(err)
	}
	statements := []string{
		`CREATE TRIGGER keep_end AFTER UPDATE OF state ON executions WHEN NEW.state = 'finished' AND OLD.state <> 'finished' BEGIN
			INSERT INTO ends VALUES (NEW.id, CAST(unixepoch('now', 'subsec') * 1000 AS INTEGER) + 1);
		END`,
	}
	if strings.HasPrefix(db.Path, "postgres") {
		statements = []string{
			`CREATE FUNCTION keep_end() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
				INSERT INTO ends VALUES (NEW.id, ceil(extract(epoch FROM clock_timestamp()) * 1000));
				RETURN NULL;
			END $$`,
			`CREATE TRIGGER keep_end AFTER UPDATE OF state ON executions
				FOR EACH ROW WHEN (NEW.state = 'finished' AND OLD.state <> 'finished') EXECUTE FUNCTION keep_end()`,
		}
	}
	for _, statement := range append([]string{"CREATE TABLE ends (execution TEXT NOT NULL, millisecond BIGINT NOT NULL)"}, statements...) {
		if _, err := db.SQL().ExecContext(k.Context(), statement); err != nil {
			k.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		k.Fatal(err)
	}
}

// ends are when the database was told that executions have ended.
func (k *killing) ends(db *store.DB) map[string]time.Time {
	k.Helper()
	rows, err := db.SQL().QueryContext(k.Context(), "SELECT execution, millisecond FROM ends")
	if err != nil {
		k.Fatal(err)
	}
	defer rows.Close()
	out := map[string]time.Time{}
	for rows.Next() {
		var execution string
		var at int64
		if err := rows.Scan(&execution, &at); err != nil {
			k.Fatal(err)
		}
		out[execution] = time.UnixMilli(at)
	}
	if err := rows.Err(); err != nil {
		k.Fatal(err)
	}
	return out
}
