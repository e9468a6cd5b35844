package store

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/opsbook/opsbook/internal/procedures"
)

// ofDrivers is what only drivers, servers and systems say.
var ofDrivers = regexp.MustCompile(
	`(?i)sqlstate|sqlite|sqlstate|pgx|dial tcp|connect:|127\.0\.0\.1|user=|opsbook_user|secret_table|broken pipe|EOF|opsbook\.db|\(\d+\)`)

// TestNobodyGuessesAboutACommit reads what is said of commits whose answer never came.
func TestNobodyGuessesAboutACommit(t *testing.T) {
	t.Parallel()
	for _, err := range []error{io.ErrUnexpectedEOF, &pgconn.PgError{Code: "57P01"}, &net.OpError{Op: "read", Err: io.EOF}} {
		said := procedures.Said(explainCommit("write", err))
		if strings.Contains(said, "nothing was changed") || !strings.Contains(said, "not known") {
			t.Errorf("of %v it is said %q", err, said)
		}
	}
}

// TestEveryErrorHasASentence makes every error that a database can have, and reads what people are told of it: a sentence
// of its own for what they can do something about, and never what the driver says.
func TestEveryErrorHasASentence(t *testing.T) {
	t.Parallel()
	answered := func(code string) error {
		return &pgconn.PgError{Code: code, Message: `relation "secret_table" of user=opsbook_user`, Detail: "SQLSTATE"}
	}
	sentences := map[string]string{}
	for name, c := range map[string]struct {
		err  error
		says string
	}{
		"a full disk": {full(t), "the disk is full"}, "a lock": {locked(t), "another process has locked the database"},
		"a file that may not be written": {readOnly(t), "may not be written"}, "a damaged file": {damage(t), "opsbook check"},
		"no file": {missing(t), "may not be written"}, "a wrong statement": {wrong(t), "the cause is in the server's log"},
		"a full disk of PostgreSQL":           {answered("53100"), "the disk of the database is full"},
		"too many connections":                {answered("53300"), "no connection left"},
		"too many connections of the role":    {answered("53000"), "no room"},
		"no memory":                           {answered("53200"), "no memory left"},
		"a standby":                           {answered("25006"), "may only be read"},
		"a lock of PostgreSQL":                {answered("55P03"), "another server has been changing the same"},
		"a transaction that waited":           {answered("25P03"), "stood still"},
		"a server that is being stopped":      {answered("57P01"), "being stopped or started"},
		"a server that is being started":      {answered("57P03"), "being stopped or started"},
		"another password":                    {answered("28P01"), "does not let this user in"},
		"no database":                         {answered("3D000"), "no such database"},
		"no right":                            {answered("42501"), "does not allow it"},
		"two that wait for each other":        {answered("40P01"), "others changed the same"},
		"a statement that PostgreSQL refuses": {answered("42P01"), "the cause is in the server's log"},
		"a server that is not there":          {unreachable(t), "the database does not answer"},
		"a connection that broke":             {&net.OpError{Op: "read", Err: errors.New("connect: broken pipe")}, "does not answer"},
		"a connection that ended":             {io.ErrUnexpectedEOF, "does not answer"},
		"anything":                            {errors.New("dial tcp 127.0.0.1: user=opsbook_user"), "the cause is in the server's log"},
	} {
		err := explain("keep the run", c.err)
		said := procedures.Said(err)
		sentences[name] = said
		if found := ofDrivers.FindString(said); found != "" || !strings.Contains(strings.ToLower(said), c.says) {
			t.Errorf("%s: it is said %q, with %q; want %q", name, said, found, c.says)
		}
		log := err.Error()
		if procedures.CodeOf(err) != procedures.CodeUnavailable || !errors.Is(err, c.err) ||
			!strings.Contains(log, c.err.Error()) || !strings.Contains(log, "keep the run") {
			t.Errorf("%s: the log does not have all: %v", name, err)
		}
	}
	for _, pair := range [][2]string{
		{"a full disk", "a lock"}, {"a lock", "too many connections"}, {"too many connections", "a server that is not there"},
		{"a full disk of PostgreSQL", "a lock of PostgreSQL"},
	} {
		if sentences[pair[0]] == sentences[pair[1]] {
			t.Errorf("%s is said as %s is", pair[0], pair[1])
		}
	}
	for _, err := range []error{context.Canceled, context.DeadlineExceeded} {
		if got := explain("keep the run", err); !errors.Is(got, err) || procedures.CodeOf(got) != "" {
			t.Errorf("the end of a context became %v", got)
		}
	}
}

// openFile opens a database file in a folder of its own, with a table.
func openFile(t *testing.T, parameters string) (db *sql.DB, file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "opsbook.db")
	db, err := sql.Open("sqlite", fileURL(file)+parameters)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE secret_table (a TEXT)"); err != nil {
		t.Fatal(err)
	}
	return db, file
}

// failing runs a statement that has to fail.
func failing(t *testing.T, db *sql.DB, statement string, values ...any) error {
	t.Helper()
	_, err := db.ExecContext(t.Context(), statement, values...)
	if err == nil {
		t.Errorf("%s succeeds", statement)
		return errors.New("nothing")
	}
	return err
}

func full(t *testing.T) error {
	db, _ := openFile(t, "")
	if _, err := db.ExecContext(t.Context(), "PRAGMA max_page_count = 3"); err != nil {
		t.Fatal(err)
	}
	return failing(t, db, "INSERT INTO secret_table VALUES ($1)", strings.Repeat("x", 1<<20))
}

func locked(t *testing.T) error {
	db, file := openFile(t, "")
	other, err := sql.Open("sqlite", fileURL(file))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.Close() })
	conn, err := other.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := conn.ExecContext(t.Context(), "BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	return failing(t, db, "INSERT INTO secret_table VALUES ('x')")
}

func readOnly(t *testing.T) error {
	_, file := openFile(t, "")
	db, err := sql.Open("sqlite", fileURL(file)+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return failing(t, db, "INSERT INTO secret_table VALUES ('x')")
}

func damage(t *testing.T) error {
	file := filepath.Join(t.TempDir(), "opsbook.db")
	if err := os.WriteFile(file, []byte(strings.Repeat("nonsense", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", fileURL(file))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return failing(t, db, "INSERT INTO secret_table VALUES ('x')")
}

func missing(t *testing.T) error {
	db, err := sql.Open("sqlite", fileURL(filepath.Join(t.TempDir(), "nowhere", "opsbook.db")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return failing(t, db, "INSERT INTO secret_table VALUES ('x')")
}

func wrong(t *testing.T) error {
	db, _ := openFile(t, "")
	return failing(t, db, "INSERT INTO another VALUES ('x')")
}

func unreachable(t *testing.T) error {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	conn, err := pgx.Connect(t.Context(), "postgres://opsbook_user:x@"+address+"/opsbook")
	if err == nil {
		conn.Close(t.Context())
		t.Fatal("somebody answers")
	}
	return err
}
