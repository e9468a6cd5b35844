package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/opsbook/opsbook/internal/procedures"
)

//go:embed migrations/*.sql
var migrations embed.FS

// lockWait is how many seconds one process waits for others that bring the tables up to date.
const lockWait = 300

// migrate brings the tables up to date. On PostgreSQL processes that start together do it one after
// another. Tables of a newer program are an error: this one would not fill its columns.
func (db *DB) migrate(ctx context.Context, dialect goose.Dialect) error {
	folder, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	options := []goose.ProviderOption{}
	if dialect == goose.DialectPostgres {
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, lockWait))
		if err != nil {
			return err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	provider, err := goose.NewProvider(dialect, db.write, folder, options...)
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("bring the tables up to date: %w", err)
	}
	// Goose ignores versions that it does not know: an older program would write rows that a newer one has changed.
	have, known, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the tables' version: %w", err)
	}
	if have > known {
		return procedures.Errorf(procedures.CodeInvalid,
			"a newer opsbook has used this database: its tables are of version %d, this program knows %d. Start the "+
				"newer one, or restore the backup from before the upgrade", have, known)
	}
	return nil
}

// Alone runs fn while no other process of this database does: for the tables of others than ours, such as
// the job queue's.
func (db *DB) Alone(ctx context.Context, fn func() error) error {
	if db.writers == nil {
		return fn()
	}
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return explain("wait for others", err)
	}
	defer conn.Close()     //nolint:errcheck // it goes back to its pool
	const key = 0x6f707362 // "opsb"
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", key); err != nil {
		return explain("wait for others", err)
	}
	err = fn()
	if _, unlock := conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", key); unlock != nil && err == nil {
		err = explain("let others go on", unlock)
	}
	return err
}
