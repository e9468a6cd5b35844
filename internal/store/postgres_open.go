package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Connections that one process has at most: those of writers, those of readers and of the job queue, and
// one that listens. docs/operating.md names the sum.
const (
	maxWriters = 8
	maxReaders = 12
)

// sessionTimeouts are settings of every connection, https://www.postgresql.org/docs/current/runtime-config-client.html
// and -connection.html: a process that is frozen in the middle of a transaction, or whose host vanishes, keeps others
// from a run for some seconds only. A transaction of ours never waits for anything but the database. What the address
// sets itself stays. They are set by statements because poolers refuse parameters of a connection that they do not know.
var sessionTimeouts = []struct{ name, value string }{
	{"idle_in_transaction_session_timeout", "6s"},
	{"lock_timeout", "15s"},
	{"tcp_keepalives_idle", "5"},
	{"tcp_keepalives_interval", "2"},
	{"tcp_keepalives_count", "3"},
	{"tcp_user_timeout", "10s"},
}

// setTimeouts sets sessionTimeouts, but for those that the address names.
func setTimeouts(ctx context.Context, conn *pgx.Conn) error {
	var statements strings.Builder
	for _, s := range sessionTimeouts {
		if _, own := conn.Config().RuntimeParams[s.name]; !own && !strings.Contains(conn.Config().RuntimeParams["options"], s.name) {
			fmt.Fprintf(&statements, "SET %s = '%s';", s.name, s.value)
		}
	}
	_, err := conn.Exec(ctx, statements.String(), pgx.QueryExecModeSimpleProtocol)
	return err
}

// Connect opens a PostgreSQL database (postgres://USER:PASSWORD@HOST:PORT/NAME) and brings its tables up
// to date, one process after another.
func Connect(ctx context.Context, address string) (*DB, error) {
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, procedures.Errorf(procedures.CodeInvalid,
			"the database's address is not one of PostgreSQL, postgres://USER:PASSWORD@HOST:PORT/NAME: %s",
			withoutPassword(err.Error(), address))
	}
	db := &DB{Path: shownAddress(config.ConnConfig), replica: newReplica(), Grace: 3 * time.Second}
	db.attendance.config = config.ConnConfig.Copy()
	if err := db.connect(ctx, config); err != nil {
		return nil, errors.Join(fmt.Errorf("open the database %s: %w", db.Path, explain("connect", err)), db.Close())
	}
	return db, nil
}

// IsAddress reports whether a database is named by an address and not by a folder.
func IsAddress(database string) bool {
	return strings.HasPrefix(database, "postgres://") || strings.HasPrefix(database, "postgresql://")
}

// shownAddress is an address without its password and parameters, for messages.
func shownAddress(c *pgx.ConnConfig) string {
	u := url.URL{Scheme: "postgres", User: url.User(c.User), Host: fmt.Sprintf("%s:%d", c.Host, c.Port), Path: "/" + c.Database}
	return u.String()
}

// withoutPassword removes the password of an address from an error that quotes it.
func withoutPassword(message, address string) string {
	if u, err := url.Parse(address); err == nil && u.User != nil {
		if password, ok := u.User.Password(); ok && password != "" {
			message = strings.ReplaceAll(message, password, "xxxxx")
		}
	}
	return message
}

// connect opens both pools. What the address says of time-outs and of the application's name stays.
func (db *DB) connect(ctx context.Context, config *pgxpool.Config) error {
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = "opsbook"
	}
	config.MaxConnIdleTime = 5 * time.Minute
	config.AfterConnect = setTimeouts
	config.ConnConfig.DialFunc = dial(config.ConnConfig.ConnectTimeout)
	pool := func(size int32) (*pgxpool.Pool, error) {
		own := config.Copy()
		own.MaxConns = size
		return pgxpool.NewWithConfig(ctx, own)
	}
	var err error
	if db.writers, err = pool(maxWriters); err != nil {
		return err
	}
	if db.readers, err = pool(maxReaders); err != nil {
		return err
	}
	db.write, db.read = stdlib.OpenDBFromPool(db.writers), stdlib.OpenDBFromPool(db.readers)
	if err := db.write.PingContext(ctx); err != nil {
		return err
	}
	return db.migrate(ctx, goose.DialectPostgres)
}

// Postgres is the pool of connections for the job queue; nil on SQLite.
func (db *DB) Postgres() *pgxpool.Pool { return db.readers }

// updatePostgres begins the transaction on the connection below database/sql, so that both our queries and
// the job queue's, which is written for pgx, are part of it.
func (db *DB) updatePostgres(ctx context.Context, fn func(procedures.Tx) error) error {
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return explain("write to the database", err)
	}
	defer conn.Close() //nolint:errcheck // it goes back to its pool
	var under *pgx.Conn
	if err := conn.Raw(func(c any) error { under = c.(*stdlib.Conn).Conn(); return nil }); err != nil {
		return explain("write to the database", err)
	}
	tx, err := under.Begin(ctx)
	if err != nil {
		return explain("write to the database", err)
	}
	if err := fn(&PostgresTx{conn, tx}); err != nil {
		return errors.Join(err, rollBack(ctx, conn, tx))
	}
	return explainCommit("write to the database", tx.Commit(ctx))
}

// rollBack ends a transaction of which nothing is kept. A connection that database/sql gave up, as it does
// where the context ended before a query was sent, is not touched: its pool closes it at the same time,
// and the transaction ends with it.
func rollBack(ctx context.Context, conn *sql.Conn, tx pgx.Tx) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err := conn.Raw(func(c any) error {
		err := tx.Rollback(ctx)
		if errors.Is(err, pgx.ErrTxClosed) || c.(*stdlib.Conn).Conn().IsClosed() {
			return nil
		}
		return err
	})
	if err != nil && !errors.Is(err, sql.ErrConnDone) {
		return explain("roll back", err)
	}
	return nil
}
