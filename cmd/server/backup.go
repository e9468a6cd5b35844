package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/pflag"

	"github.com/opsbook/opsbook/internal/store"
)

const backupHelp = `The file is an SQLite database, also of PostgreSQL, and can be restored into both. Servers may
go on working meanwhile. It has no sessions, and not the server's key: keep the file secret of
the data folder, or the value of OPSBOOK_SECRET, in another place.

    opsbook backup /backup/opsbook-2026-11-28.db
    opsbook backup --database postgres://opsbook@db/opsbook /backup/opsbook.db`

const restoreHelp = `The database is a new, empty one, and no server uses it. What was running when the backup was
made is treated as after a crash.

    opsbook restore --data /var/lib/opsbook /backup/opsbook-2026-11-28.db
    opsbook restore --database postgres://opsbook@db/opsbook /backup/opsbook.db`

const checkHelp = `It reads everything, beside servers that use it, and changes nothing: the file's integrity
(SQLite), and that each run's journal is whole and can be read.

Exit status: 0 all is well; 1 something is wrong; 2 it could not be read.

    opsbook check --data /var/lib/opsbook`

// backupCommand writes a backup.
type backupCommand struct{}

// flags implements flagged.
func (backupCommand) flags(*pflag.FlagSet) {}

func (backupCommand) run(ctx context.Context, o *options, t terminal, words []string) error {
	from, err := o.databaseName(t)
	if err != nil {
		return err
	}
	if err := store.Backup(ctx, from, words[0]); err != nil {
		return err
	}
	info, err := os.Stat(words[0])
	if err != nil {
		return fmt.Errorf("see the backup: %w", err)
	}
	_, err = fmt.Fprintf(t.out, "%s: %d bytes\n", absolute(words[0]), info.Size())
	return err
}

// restoreCommand restores a backup into an empty database.
type restoreCommand struct{}

// flags implements flagged.
func (restoreCommand) flags(*pflag.FlagSet) {}

func (restoreCommand) run(ctx context.Context, o *options, t terminal, words []string) error {
	folder, err := o.dataFolder(t)
	if err != nil {
		return err
	}
	db, err := o.openDatabase(ctx, folder)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // what was restored is committed
	if err := db.Restore(ctx, words[0]); err != nil {
		return err
	}
	_, err = fmt.Fprintf(t.out, "%s was restored into %s\n", absolute(words[0]), db.Path)
	return err
}

// checkCommand checks a database.
type checkCommand struct{}

// flags implements flagged.
func (checkCommand) flags(*pflag.FlagSet) {}

func (checkCommand) run(ctx context.Context, o *options, t terminal, _ []string) error {
	from, err := o.databaseName(t)
	if err != nil {
		return err
	}
	problems, err := store.Check(ctx, from)
	if err != nil {
		return err
	}
	for _, problem := range problems {
		fmt.Fprintln(t.out, problem)
	}
	if len(problems) > 0 {
		fmt.Fprintln(t.err, "The database is damaged. Keep it as it is, and restore a backup into a new one: opsbook restore --help")
		return exitError(exitFailed)
	}
	_, err = fmt.Fprintln(t.out, "the database is whole")
	return err
}

// databaseName is the database that commands read beside servers: an address of PostgreSQL, or the data folder.
func (o *options) databaseName(t terminal) (string, error) {
	if o.Database != "" {
		return o.Database, noAddress(o.Database)
	}
	return o.dataFolder(t)
}
