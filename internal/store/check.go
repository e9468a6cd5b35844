package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/opsbook/opsbook/internal/procedures"
)

// maxProblems bounds what a check reports.
const maxProblems = 100

// Check reads a whole database, beside the servers that use it, and says what is wrong with it: nothing where all is well.
// An error is that it could not be read. from is as for [Backup].
func Check(ctx context.Context, from string) (problems []string, err error) {
	db, err := openToRead(ctx, from)
	if err != nil {
		return nil, err
	}
	problems, err = db.check(ctx)
	return problems, errors.Join(err, db.Close())
}

// checkBackup returns an error where a file is no backup that this program can restore, and otherwise whether its tables are of an
// older program.
func checkBackup(ctx context.Context, file string) (older bool, err error) {
	if info, err := os.Stat(file); err != nil {
		return false, procedures.Errorf(procedures.CodeInvalid, "read the backup: %w", err)
	} else if !info.Mode().IsRegular() {
		return false, procedures.Errorf(procedures.CodeInvalid, "the backup %s is no file", file)
	}
	read, err := sql.Open("sqlite", fileURL(file)+"?mode=ro&_pragma=query_only(1)")
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, read.Close()) }()
	db := &DB{Path: file, read: read}
	problems, err := db.damage(ctx)
	if err != nil {
		return false, err
	}
	var have, known int64
	if len(problems) == 0 {
		if have, known, err = db.versions(ctx); err != nil {
			return false, procedures.Errorf(procedures.CodeInvalid, "%s is no backup of opsbook: %w", file, err)
		} else if have > known {
			return false, tooNew("this is a backup of a newer opsbook", have, known)
		}
		if problems, err = db.checkJournals(ctx); err != nil {
			return false, err
		}
	}
	if len(problems) > 0 {
		return false, procedures.Errorf(procedures.CodeInvalid, "the backup %s is damaged: %s", file, problems[0])
	}
	return have < known, nil
}

func (db *DB) check(ctx context.Context) (problems []string, err error) {
	if db.readers == nil {
		if problems, err = db.damage(ctx); err != nil || len(problems) > 0 {
			return problems, err
		}
	}
	return db.checkJournals(ctx)
}

// checkJournals says which journals are not whole, or cannot be read.
func (db *DB) checkJournals(ctx context.Context) (problems []string, err error) {
	found := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	rows, err := db.read.QueryContext(ctx, `SELECT runs.id, runs.last, count(events.number), coalesce(max(events.number), 0)
		FROM runs LEFT JOIN events ON events.run_id = runs.id GROUP BY runs.id, runs.last ORDER BY runs.id`)
	if err != nil {
		return problems, explain("check the runs", err)
	}
	err = each(rows, func() error {
		var id string
		var last, count, newest int64
		if err := rows.Scan(&id, &last, &count, &newest); err != nil {
			return err
		}
		if last != count || last != newest {
			found("run %s: its journal has %d events up to number %d, want %d", id, count, newest, last)
		}
		return nil
	})
	if err != nil {
		return problems, explain("check the runs", err)
	}
	rows, err = db.read.QueryContext(ctx, "SELECT run_id, number, event FROM events")
	if err != nil {
		return problems, explain("check the events", err)
	}
	err = each(rows, func() error {
		var id, event string
		var number int64
		if err := rows.Scan(&id, &number, &event); err != nil {
			return err
		}
		var e procedures.Event
		if err := json.Unmarshal([]byte(event), &e); err != nil && len(problems) < maxProblems {
			found("run %s: event %d cannot be read: %v", id, number, err)
		}
		return nil
	})
	return problems, explain("check the events", err)
}

// damage is what SQLite finds in a file, https://www.sqlite.org/pragma.html#pragma_integrity_check.
func (db *DB) damage(ctx context.Context) (problems []string, err error) {
	rows, err := db.read.QueryContext(ctx, fmt.Sprintf("PRAGMA integrity_check(%d)", maxProblems))
	if err != nil {
		return []string{explain("read it", err).Error()}, nil
	}
	err = each(rows, func() error {
		var line string
		if err := rows.Scan(&line); err != nil {
			return err
		}
		if line != "ok" {
			problems = append(problems, line)
		}
		return nil
	})
	if err != nil {
		return append(problems, explain("read it", err).Error()), nil
	}
	rows, err = db.read.QueryContext(ctx, "PRAGMA foreign_key_check")
	if err != nil {
		return append(problems, explain("read it", err).Error()), nil
	}
	return problems, each(rows, func() error {
		var table, parent string
		var row, constraint sql.NullInt64
		if err := rows.Scan(&table, &row, &parent, &constraint); err != nil {
			return err
		}
		problems = append(problems, fmt.Sprintf("row %d of %s refers to a row of %s that is not there", row.Int64, table, parent))
		return nil
	})
}

// each calls fn for every row, and closes them.
func each(rows *sql.Rows, fn func() error) error {
	defer rows.Close() //nolint:errcheck // Err says it
	for rows.Next() {
		if err := fn(); err != nil {
			return err
		}
	}
	return rows.Err()
}
