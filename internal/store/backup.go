package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/opsbook/opsbook/internal/procedures"
)

// backedUp are the tables of a backup, each after those that its rows refer to. Sessions are not in it: people get new
// ones. The job queue's tables are not either: what waits without a job is queued again at the start.
var backedUp = []string{
	"texts", "runs", "events", "executions", "belongings", "resources", "approvals", "plan_answers", "schedules", "planned",
	"worlds", "accounts", "account_codes", "passkeys",
	"audit_pending", "audit", "audit_head", "audit_streams",
}

// notBackedUp are the other tables that migrations make. What the outbox tells is of the moment: a backup would tell it again. Who was
// signed in signs in again, and who had broken glass breaks it again. A link that was used since would count again, and a token that was
// ended since would be there again with a backup; new ones are made. What search finds is made anew of the events.
var notBackedUp = []string{
	"sessions", "sign_ins", "tokens", "account_links", "attempts",
	"raised", "outbox", "searched", "searched_runs", "searched_words", "goose_db_version",
}

// Backup writes what a database holds into a new file, as one moment had it. The file is an SQLite database, whichever
// database is read, and can be restored into both. Servers may use the database meanwhile. from is a folder of data or an
// address of PostgreSQL. The file is there when it is whole, and not before.
func Backup(ctx context.Context, from, file string) (err error) {
	if _, err := os.Lstat(file); err == nil {
		return procedures.Errorf(procedures.CodeConflict, "%s is there already; a backup overwrites nothing", file)
	}
	source, err := openToRead(ctx, from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	partial, err := os.MkdirTemp(filepath.Dir(file), ".opsbook-backup-*")
	if err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	defer os.RemoveAll(partial) //nolint:errcheck // what is left over is ours, and named so
	have, known, err := source.versions(ctx)
	if err != nil {
		return err
	}
	if have > known {
		return tooNew("a newer opsbook has used this database", have, known)
	}
	target := &DB{replica: newReplica(), version: have} // an older one is brought up to date when it is restored
	name := filepath.Join(partial, "backup")
	if err := target.openSQLite(ctx, fileURL(name)); err != nil {
		return errors.Join(fmt.Errorf("write the backup: %w", err), target.Close())
	}
	err = copyTables(ctx, source, target)
	if err == nil { // one file, without a log beside it
		_, err = target.write.ExecContext(ctx, "PRAGMA journal_mode = DELETE")
	}
	if err := errors.Join(err, target.Close()); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	if err := os.Chmod(name, 0o600); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	if err := os.Link(name, file); err != nil { // as a rename, but it overwrites nothing
		return fmt.Errorf("write the backup: %w", err)
	}
	return syncFolder(filepath.Dir(file))
}

// Restore copies a backup into an empty database, which must be open and used by nobody else. One of an older program is brought
// up to date on the way.
func (db *DB) Restore(ctx context.Context, file string) error {
	older, err := checkBackup(ctx, file)
	if err != nil {
		return err
	}
	for _, table := range backedUp {
		var some bool
		if err := db.write.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM "+table+")").Scan(&some); err != nil {
			return explain("see whether the database is empty", err)
		}
		if some {
			return procedures.Errorf(procedures.CodeConflict,
				"%s is not empty: a backup is restored into a new database. Nothing was changed", db.Path)
		}
	}
	if older {
		newest, done, err := upToDate(ctx, file)
		if err != nil {
			return err
		}
		defer done()
		file = newest
	}
	source, err := sql.Open("sqlite", fileURL(file)+"?mode=ro&_pragma=query_only(1)")
	if err != nil {
		return err
	}
	return errors.Join(copyTables(ctx, &DB{read: source}, db), source.Close())
}

// upToDate is a copy of a backup whose tables are of the newest version, until done.
func upToDate(ctx context.Context, file string) (newest string, done func(), err error) {
	folder, err := os.MkdirTemp("", "opsbook-restore-*")
	if err != nil {
		return "", nil, fmt.Errorf("copy the backup: %w", err)
	}
	done = func() { _ = os.RemoveAll(folder) } // what is left over is ours, and named so
	newest = filepath.Join(folder, "backup")
	if err := copyFile(newest, file); err != nil {
		done()
		return "", nil, fmt.Errorf("copy the backup: %w", err)
	}
	db := &DB{Path: newest, replica: newReplica()}
	err = db.openSQLite(ctx, fileURL(newest))
	if err == nil { // one file, without a log beside it
		_, err = db.write.ExecContext(ctx, "PRAGMA journal_mode = DELETE")
	}
	if err := errors.Join(err, db.Close()); err != nil {
		done()
		return "", nil, fmt.Errorf("bring the backup up to date: %w", err)
	}
	return newest, done, nil
}

// copyFile makes a copy that is its owner's alone.
func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // it was only read
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// openToRead opens a database for reading, beside the servers that use it. Its tables are not brought up to date.
func openToRead(ctx context.Context, from string) (*DB, error) {
	if IsAddress(from) {
		config, err := pgxpool.ParseConfig(from)
		if err != nil {
			return nil, procedures.Errorf(procedures.CodeInvalid, "the database's address is wrong: %s", withoutPassword(err.Error(), from))
		}
		config.MaxConns = 2
		pool, err := pgxpool.NewWithConfig(ctx, config)
		if err != nil {
			return nil, explain("connect", err)
		}
		db := &DB{Path: shownAddress(config.ConnConfig), readers: pool, read: stdlib.OpenDBFromPool(pool)}
		if err := db.Ping(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("open the database %s: %w", db.Path, err), db.Close())
		}
		return db, nil
	}
	path := filepath.Join(from, "opsbook.db")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, procedures.Errorf(procedures.CodeNotFound, "there is no database in %s", from)
	}
	read, err := sql.Open("sqlite", fileURL(path)+"?_pragma=busy_timeout(10000)&_pragma=query_only(1)"+readable(path))
	return &DB{Path: path, read: read}, err
}

// copyTables copies all rows of the tables of a backup, in one transaction on each side.
// Tables that both do not have yet are left out: the two are of one version.
func copyTables(ctx context.Context, from, to *DB) error {
	reading, err := from.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: from.readers != nil, Isolation: isolation(from)})
	if err != nil {
		return explain("read the database", err)
	}
	defer reading.Rollback() //nolint:errcheck // it only read
	return to.Update(ctx, func(tx procedures.Tx) error {
		for _, table := range backedUp {
			if to.version > 0 {
				if has, err := hasTable(ctx, to, tx, table); err != nil {
					return err
				} else if !has {
					continue
				}
			}
			if err := copyTable(ctx, reading, to, tx, table); err != nil {
				return fmt.Errorf("copy %s: %w", table, explain("copy the database", err))
			}
		}
		return nil
	})
}

// hasTable reports whether an SQLite database has a table.
func hasTable(ctx context.Context, db *DB, tx procedures.Tx, name string) (has bool, err error) {
	err = on(tx).QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1)", name).Scan(&has)
	return has, explain("see the tables of "+db.Path, err)
}

// isolation lets a transaction see one moment. SQLite's always do.
func isolation(db *DB) sql.IsolationLevel {
	if db.readers != nil {
		return sql.LevelRepeatableRead
	}
	return sql.LevelDefault
}

// copyTable copies the rows of one table. Columns that the target does not have are an error, as its program is older.
func copyTable(ctx context.Context, from *sql.Tx, to *DB, tx procedures.Tx, table string) error {
	rows, err := from.QueryContext(ctx, "SELECT * FROM "+table) //nolint:gosec // a name of ours
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err says it
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	truths, err := truthColumns(ctx, to, tx, table, columns)
	if err != nil {
		return err
	}
	next := func() ([]any, error) {
		if !rows.Next() {
			return nil, rows.Err()
		}
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		for i, v := range values {
			switch v := v.(type) {
			case []byte:
				values[i] = string(v)
			case int64:
				if truths[i] { // SQLite has numbers for them
					values[i] = v != 0
				}
			}
		}
		return values, nil
	}
	if ours, ok := tx.(*PostgresTx); ok {
		_, err := ours.Pgx.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromFunc(next))
		return err
	}
	places := strings.TrimSuffix(strings.Repeat("?, ", len(columns)), ", ")
	insert, err := tx.(SQLiteTx).PrepareContext(ctx, "INSERT INTO "+table+" ("+strings.Join(columns, ", ")+") VALUES ("+places+")")
	if err != nil {
		return err
	}
	defer insert.Close() //nolint:errcheck // of a transaction that ends
	for {
		values, err := next()
		if err != nil || values == nil {
			return err
		}
		if _, err := insert.ExecContext(ctx, values...); err != nil {
			return err
		}
	}
}

// truthColumns says which of a table's columns are boolean.
func truthColumns(ctx context.Context, to *DB, tx procedures.Tx, table string, columns []string) ([]bool, error) {
	none := "SELECT " + strings.Join(columns, ", ") + " FROM " + table + " WHERE 1 = 0"
	rows, err := on(tx).QueryContext(ctx, none)
	if err != nil {
		return nil, fmt.Errorf("the backup is of a newer opsbook than %s: %w", to.Path, err)
	}
	defer rows.Close() //nolint:errcheck // it has no row
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	out := make([]bool, len(types))
	for i, t := range types {
		out[i] = slices.Contains([]string{"BOOL", "BOOLEAN"}, strings.ToUpper(t.DatabaseTypeName()))
	}
	return out, rows.Err()
}

// fileURL is how the driver names a file.
func fileURL(path string) string { return "file:" + (&url.URL{Path: path}).EscapedPath() }

// syncFolder makes sure that a name in a folder outlives a loss of power.
func syncFolder(name string) error {
	folder, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
