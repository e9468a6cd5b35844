package store

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/opsbook/opsbook/internal/procedures"
)

//go:embed migrations/*.sql
var embedded embed.FS

// migrations are those that this program knows.
var migrations fs.FS = embedded

// lockWait is how many seconds one process waits for others that bring the tables up to date.
const lockWait = 300

// migrate brings the tables up to date, or to db.version. On PostgreSQL processes that start together do it one after
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
	up := provider.Up
	if db.version > 0 {
		up = func(ctx context.Context) ([]*goose.MigrationResult, error) { return provider.UpTo(ctx, db.version) }
	}
	if _, err := up(ctx); err != nil {
		return fmt.Errorf("bring the tables up to date: %w", err)
	}
	// Goose ignores versions that it does not know: an older program would write rows that a newer one has changed.
	have, known, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the tables' version: %w", err)
	}
	if have > known {
		return tooNew("a newer opsbook has used this database", have, known)
	}
	if have >= searchVersion {
		return db.makeSearchIndex(ctx)
	}
	return nil
}

// TablesDigest is a digest of the migrations, in hexadecimal digits: databases with the same one have the same tables.
func TablesDigest() string {
	h := sha256.New()
	files, err := fs.Glob(migrations, "migrations/*.sql")
	for _, file := range files { // sorted
		var text []byte
		if text, err = fs.ReadFile(migrations, file); err != nil {
			break
		}
		fmt.Fprintf(h, "%s %d\n%s", file, len(text), text)
	}
	if err != nil {
		panic(err) // they are embedded
	}
	return hex.EncodeToString(h.Sum(nil))
}

// tooNew says that tables are of a version that this program does not know.
func tooNew(what string, have, known int64) error {
	return procedures.Errorf(procedures.CodeInvalid, "%s: its tables are of version %d, this program knows %d. Start the "+
		"newer one, or restore the backup from before the upgrade", what, have, known)
}

// versions are that of the tables of a database that is only read, and the newest that this program knows.
func (db *DB) versions(ctx context.Context) (have, known int64, err error) {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return 0, 0, err
	}
	for _, file := range files {
		n, err := goose.NumericComponent(file)
		if err != nil {
			return 0, 0, fmt.Errorf("read the migrations: %w", err)
		}
		known = max(known, n)
	}
	err = db.read.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&have)
	if err != nil {
		return 0, 0, explain("read the tables' version", err)
	}
	return have, known, nil
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
	// Others may take long, so that the wait has no time-out.
	wait := []string{"SET lock_timeout = 0", fmt.Sprintf("SELECT pg_advisory_lock(%d)", key), "SET lock_timeout = '15s'"}
	for _, statement := range wait {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return explain("wait for others", err)
		}
	}
	err = fn()
	if _, unlock := conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", key); unlock != nil && err == nil {
		err = explain("let others go on", unlock)
	}
	return err
}
