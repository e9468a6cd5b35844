package store

import (
	"database/sql"

	"github.com/jackc/pgx/v5"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store/database"
)

// SQLiteTx is a transaction on SQLite. The job queue's statements run on its *sql.Tx too.
type SQLiteTx struct{ *sql.Tx }

// StoreTransaction makes it a procedures.Tx.
func (SQLiteTx) StoreTransaction() {}

// PostgresTx is a transaction on PostgreSQL: sqlc's queries run on its *sql.Conn, and the job queue's on
// Pgx.
type PostgresTx struct {
	*sql.Conn
	// Pgx is the same transaction. It ends with Update.
	Pgx pgx.Tx
}

// StoreTransaction makes it a procedures.Tx.
func (*PostgresTx) StoreTransaction() {}

// on is what statements of a transaction of ours run on; it panics on any other.
func on(tx procedures.Tx) database.DBTX { return tx.(database.DBTX) }
