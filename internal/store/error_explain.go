package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Conditions of PostgreSQL, https://www.postgresql.org/docs/current/errcodes-appendix.html.
const (
	pgUniqueViolation = "23505"
	pgSerialization   = "40001"
	pgDeadlock        = "40P01"
	pgCanceled        = "57014"
)

// explain says what a database's error means and what to do. What is explained already stays as it is, and
// the end of a context stays recognisable (errors.Is); everything else becomes procedures.CodeUnavailable.
// attempt says what was tried: "keep the run".
func explain(attempt string, err error) error {
	var ours *procedures.Error
	var lite *sqlite.Error
	var pg *pgconn.PgError
	var connect *pgconn.ConnectError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &ours):
		return fmt.Errorf("%s: %w", attempt, err)
	case errors.As(err, &pg) && pg.Code == pgCanceled: // our own context ended, and the server was told
		return fmt.Errorf("%s: %w", attempt, context.Canceled)
	case errors.As(err, &pg):
		return unavailable(attempt, explainPostgres(pg), err)
	case errors.As(err, &lite):
		return unavailable(attempt, explainSQLite(lite.Code()&0xff), err)
	case errors.As(err, &connect): // also where a time was up: a server that is not there answers nothing
		return unavailable(attempt, gone, err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: %w", attempt, err)
	case isGone(err):
		return unavailable(attempt, gone, err)
	}
	return unavailable(attempt, "", err)
}

// unavailable makes the error; meaning may be "".
func unavailable(attempt, meaning string, err error) error {
	if meaning == "" {
		return procedures.Errorf(procedures.CodeUnavailable, "%s: %w", attempt, err)
	}
	return procedures.Errorf(procedures.CodeUnavailable, "%s: %s: %w", attempt, meaning, err)
}

// explainSQLite takes a primary result code, the low byte of SQLite's extended ones:
// https://www.sqlite.org/rescode.html. "" means that the driver's own message has to do.
func explainSQLite(code int) string {
	switch code {
	case sqlite3.SQLITE_FULL:
		return "the disk is full; nothing was changed. Make room and press again"
	case sqlite3.SQLITE_READONLY:
		return "the database file may not be written; see the permissions of its folder"
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return "the database file is damaged; put a backup in its place"
	case sqlite3.SQLITE_IOERR:
		return "the disk does not take what is written, or does not give what is read; nothing was changed. See the system's log"
	}
	return ""
}

// explainPostgres goes by the SQLSTATE. "" means that the server's own message has to do.
func explainPostgres(e *pgconn.PgError) string {
	switch {
	case e.Code == "53100":
		return "the disk of the database is full; nothing was changed. Make room and press again"
	case e.Code == "53300":
		return "the database has no connection left; nothing was changed. Raise its max_connections, or run fewer replicas"
	case e.Code == "53200":
		return "the database has no memory left; nothing was changed. Press again, and see its log"
	case e.Code == "25006":
		return "the database may only be read at the moment (a standby, or default_transaction_read_only); nothing " +
			"was changed. Name the primary in --database"
	case e.Code == pgSerialization || e.Code == pgDeadlock:
		return "others changed the same at the same time; nothing was changed. Press again"
	case strings.HasPrefix(e.Code, "57P"):
		return "the database is being stopped or started; nothing was changed. Press again in a moment"
	case strings.HasPrefix(e.Code, "28"):
		return "the database does not let this user in; see the user and the password in --database, and its pg_hba.conf"
	case e.Code == "3D000":
		return "there is no such database; make it with createdb, or name another one in --database"
	case e.Code == "42501":
		return "the database does not allow it to this user; grant it the rights on its own schema (docs/operating.md)"
	}
	return ""
}

const gone = "the database does not answer; nothing was changed. See whether it is running, and press again"

// isGone reports whether the database's server went away. A connection that pgx has closed after an error
// has no type: its message tells it.
func isGone(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) ||
		errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) ||
		errors.Is(err, net.ErrClosed) || strings.Contains(err.Error(), "conn closed")
}

// inTheWay reports whether a transaction was rolled back because of others, so that it may be tried again.
func inTheWay(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == pgSerialization || pg.Code == pgDeadlock)
}

// Conflicts reports whether an error is about a row that has to be the only one: another transaction was
// first.
func (db *DB) Conflicts(err error) bool {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == pgUniqueViolation
}
