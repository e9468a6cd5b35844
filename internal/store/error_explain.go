package store

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
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
	pgLockTimeout     = "55P03"
	pgIdleTimeout     = "25P03" // the transaction is rolled back, and the connection is closed
)

// explain says what a database's error means and what to do: the one place where a sentence is chosen for it. What is
// explained already stays as it is, and the end of a context stays recognisable (errors.Is); everything else becomes
// procedures.CodeUnavailable. What the driver says, with users, hosts and files, is for the log and for terminals.
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

// explainCommit is explain for the error of a commit. A connection that breaks, or a server that ends, while it is asked to commit leaves
// it unknown whether the transaction is kept: "nothing was changed" would be a guess.
func explainCommit(attempt string, err error) error {
	var pg *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case isGone(err), errors.As(err, &pg) && strings.HasPrefix(pg.Code, "57P"):
		return unavailable(attempt, unknown, err)
	}
	return explain(attempt, err)
}

// Explain says what an error of those means who keep tables of their own beside ours: the sessions, the job queue.
func (db *DB) Explain(attempt string, err error) error { return explain(attempt, err) }

// unavailable makes the error; meaning may be "".
func unavailable(attempt, meaning string, err error) error {
	return procedures.Undisclosed(procedures.CodeUnavailable, cmp.Or(meaning, "the database refused it; nothing was changed. "+
		"The cause is in the server's log"), attempt, err)
}

// explainSQLite takes a primary result code, the low byte of SQLite's extended ones:
// https://www.sqlite.org/rescode.html. "" is for what nobody could act upon without the driver's own message.
func explainSQLite(code int) string {
	switch code {
	case sqlite3.SQLITE_FULL:
		return "the disk is full; nothing was changed. Make room and press again"
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return "another process has locked the database; nothing was changed. Press again in a moment, or end what holds it: " +
			"a tool that has the file open"
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return "the database file may not be written; nothing was changed. See the permissions of its folder and of all files in it"
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return damaged
	case sqlite3.SQLITE_IOERR:
		return "the disk does not take what is written, or does not give what is read; nothing was changed. See the system's log"
	}
	return ""
}

// damaged is what is said of a damaged file, wherever it is found.
const damaged = "the database file is damaged. See what is left of it with opsbook check, and restore a backup into a new " +
	"folder: opsbook restore --data NEW-FOLDER BACKUP"

// explainPostgres goes by the SQLSTATE. "" is as for explainSQLite.
func explainPostgres(e *pgconn.PgError) string {
	switch {
	case isFull(e):
		return "the disk of the database is full; nothing was changed. Make room and press again"
	case e.Code == "53300":
		return "the database has no connection left; nothing was changed. Raise its max_connections, or run fewer replicas"
	case e.Code == "53200":
		return "the database has no memory left; nothing was changed. Press again, and see its log"
	case strings.HasPrefix(e.Code, "53"):
		return "the database has no room for more at the moment; nothing was changed. Press again, and see its log"
	case e.Code == "25006":
		return "the database may only be read at the moment (a standby, or default_transaction_read_only); nothing " +
			"was changed. Name the primary in --database"
	case e.Code == pgSerialization || e.Code == pgDeadlock:
		return "others changed the same at the same time; nothing was changed. Press again"
	case e.Code == pgLockTimeout:
		return "another server has been changing the same for too long; nothing was changed. Press again"
	case e.Code == pgIdleTimeout:
		return "this server stood still in the middle of writing, and the database gave up; nothing was changed. Press again"
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

const unknown = "the database went away while it was recording this; whether it is recorded is not known. " +
	"Load the page again, and press again if it is not there"

// isGone reports whether the database's server went away. A connection that pgx has closed after an error
// has no type: its message tells it.
func isGone(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) ||
		errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) ||
		errors.Is(err, net.ErrClosed) || strings.Contains(err.Error(), "conn closed")
}

// isFull reports whether a write found no room.
func isFull(err error) bool {
	var pg *pgconn.PgError
	var lite *sqlite.Error
	return errors.As(err, &pg) && pg.Code == "53100" || errors.As(err, &lite) && lite.Code()&0xff == sqlite3.SQLITE_FULL
}

// inTheWay reports whether a transaction was certainly rolled back for a reason that passes, so that it may be tried again.
func inTheWay(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && slices.Contains([]string{pgSerialization, pgDeadlock, pgIdleTimeout}, pg.Code)
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
