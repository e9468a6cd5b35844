package store

import (
	"context"
	"errors"
	"fmt"
)

// Memory opens a database that ends with the process. It has one connection, for reading too.
func Memory(ctx context.Context) (*DB, error) {
	db := &DB{replica: newReplica()}
	if err := db.openSQLite(ctx, ""); err != nil {
		return nil, errors.Join(fmt.Errorf("open a database in memory: %w", err), db.Close())
	}
	return db, nil
}
