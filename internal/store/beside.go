package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/opsbook/opsbook/internal/procedures"
)

// OpenBeside is Open for a short change from a command line, also while a server uses the folder: SQLite lets both write, one after the
// other. Then the tables are left as they are, so that the server has to be of the same version. What the server keeps in memory does not
// change with it: only for what servers read each time.
func OpenBeside(ctx context.Context, folder string) (*DB, error) {
	db, err := Open(ctx, folder)
	if procedures.CodeOf(err) != procedures.CodeConflict {
		return db, err
	}
	reading, err := openToRead(ctx, folder)
	if err != nil {
		return nil, err
	}
	have, known, err := reading.versions(ctx)
	if err := errors.Join(err, reading.Close()); err != nil {
		return nil, fmt.Errorf("read the tables' version: %w", err)
	}
	if have != known {
		return nil, procedures.Errorf(procedures.CodeConflict, "the server that uses %s is of another version: its tables are of version "+
			"%d, this program knows %d. Use the server's own program", folder, have, known)
	}
	path := filepath.Join(folder, FileName)
	db = &DB{Path: path, replica: newReplica()}
	if err := db.openSQLite(ctx, fileURL(path)); err != nil {
		return nil, errors.Join(fmt.Errorf("open the database %s: %w", path, explain("open it", err)), db.Close())
	}
	return db, nil
}
