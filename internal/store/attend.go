package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/opsbook/opsbook/internal/procedures"
)

// attendance is what makes a process known to the others of a PostgreSQL database: one connection that holds a
// session lock for as long as the process lives, and that hears what the others tell.
type attendance struct {
	config *pgx.ConnConfig

	mu    sync.Mutex
	since time.Time // when the lock was taken; zero while it is not held
	topic map[string]bool
	told  chan struct{} // has a message while topic has something
}

// Times of attendance.
const (
	// quiet is how long nothing may be heard before the connection is tried.
	quiet = 10 * time.Second
	// again is the longest wait before the database is tried again.
	again = 500 * time.Millisecond
)

// channel is the name under which processes hear of each other.
const channel = "opsbook"

// sessionKey is the key of a process's session lock, as an expression of SQL over its name.
const sessionKey = "hashtextextended(%s, 1)"

// message is what one process tells the others.
type message struct {
	From   string   `json:"from"`
	Topics []string `json:"topics"`
}

// Tell lets the other processes of the database know that something of these topics changed. It returns at once;
// what cannot be told now is told later.
func (db *DB) Tell(topics ...string) {
	if db.writers == nil {
		return
	}
	a := &db.attendance
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.told == nil {
		return // nobody attends, as with a run of the command line
	}
	for _, t := range topics {
		a.topic[t] = true
	}
	select {
	case a.told <- struct{}{}:
	default: // the teller has not looked yet
	}
}

// Attend makes this process known to the others, and calls heard with what they tell and missed after a time in
// which nothing could be heard, until ctx ends. SQLite has no others.
func (db *DB) Attend(ctx context.Context, logger *slog.Logger, heard func(topics []string), missed func()) {
	if db.writers == nil {
		<-ctx.Done()
		return
	}
	a := &db.attendance
	a.mu.Lock()
	a.topic, a.told = map[string]bool{}, make(chan struct{}, 1)
	a.mu.Unlock()
	var telling sync.WaitGroup
	telling.Go(func() { db.tellOthers(ctx, logger) })
	defer telling.Wait()
	wait := again / 10
	for ctx.Err() == nil {
		attended, err := db.attend(ctx, heard, missed)
		if ctx.Err() != nil {
			return
		}
		if attended {
			wait = again / 10
		}
		logger.WarnContext(ctx, "other replicas are not heard; the database is tried again", "error", err, "wait", wait)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
		wait = min(2*wait, again)
	}
}

// attend listens until the connection fails. It reports whether there was one.
func (db *DB) attend(ctx context.Context, heard func([]string), missed func()) (attended bool, err error) {
	config := db.attendance.config.Copy()
	// A host that vanishes lets go of its lock within some seconds.
	maps.Copy(config.RuntimeParams, map[string]string{"tcp_keepalives_idle": "5", "tcp_keepalives_interval": "2", "tcp_keepalives_count": "3", "tcp_user_timeout": "10000"})
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return false, err
	}
	defer func() {
		db.attending(time.Time{})
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(end)
	}()
	// Others try the lock for an instant, where they saw that nobody has it.
	if _, err := conn.Exec(ctx, fmt.Sprintf("SELECT pg_advisory_lock("+sessionKey+")", "$1::text"), db.replica); err != nil {
		return false, err
	}
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return false, err
	}
	db.attending(time.Now())
	missed()
	for {
		if err := db.hear(ctx, conn, heard); err != nil {
			return true, err
		}
	}
}

// hear waits for what others tell, and tries the connection where nothing comes.
func (db *DB) hear(ctx context.Context, conn *pgx.Conn, heard func([]string)) error {
	wait, cancel := context.WithTimeout(ctx, quiet)
	defer cancel()
	notification, err := conn.WaitForNotification(wait)
	if err != nil && ctx.Err() == nil && errors.Is(wait.Err(), context.DeadlineExceeded) {
		try, cancel := context.WithTimeout(ctx, quiet/2)
		defer cancel()
		return conn.Ping(try)
	}
	if err != nil {
		return err
	}
	var m message
	if err := json.Unmarshal([]byte(notification.Payload), &m); err != nil {
		return nil // somebody else uses the name
	}
	if m.From != db.replica {
		heard(m.Topics)
	}
	return nil
}

func (db *DB) attending(since time.Time) {
	db.attendance.mu.Lock()
	defer db.attendance.mu.Unlock()
	db.attendance.since = since
}

// maxTold bounds a notification, in bytes: PostgreSQL takes less than 8000.
const maxTold = 7000

// tellOthers sends what was told. Topics that come while it sends go together with the next.
func (db *DB) tellOthers(ctx context.Context, logger *slog.Logger) {
	a := &db.attendance
	for {
		select {
		case <-a.told:
		case <-ctx.Done():
			return
		}
		a.mu.Lock()
		topics := slices.Collect(maps.Keys(a.topic))
		clear(a.topic)
		a.mu.Unlock()
		for len(topics) > 0 {
			n, size := 0, 0
			for n < len(topics) && size+len(topics[n]) < maxTold/2 { // escaped letters are longer
				size += len(topics[n])
				n++
			}
			n = max(n, 1)
			if err := db.notify(ctx, topics[:n]); err != nil {
				logger.WarnContext(ctx, "the other replicas could not be told; it is tried again", "error", err)
				select {
				case <-time.After(again):
				case <-ctx.Done():
					return
				}
				continue
			}
			topics = topics[n:]
		}
	}
}

func (db *DB) notify(ctx context.Context, topics []string) error {
	data, err := json.Marshal(message{From: db.replica, Topics: topics})
	if err != nil {
		return err
	}
	try, cancel := context.WithTimeout(ctx, quiet)
	defer cancel()
	_, err = db.readers.Exec(try, "SELECT pg_notify($1, $2)", channel, string(data))
	return err
}

// alive is whether the process of a name has its session lock, as a condition of SQL.
const alive = `EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
	AND (classid::bigint << 32 | objid::bigint) = hashtextextended(%s, 1))`

// Orphans returns what runs by processes that are not there any more, as far as it looks now. After an
// outage of the database nobody is taken for dead for a while.
func (db *DB) Orphans(ctx context.Context) ([]*procedures.Execution, error) {
	running, err := db.ExecutionsIn(ctx, nil, procedures.ExecutionRunning)
	if err != nil {
		return nil, err
	}
	running = slices.DeleteFunc(running, func(e *procedures.Execution) bool { return e.Replica == db.replica })
	if db.writers == nil || len(running) == 0 {
		return running, nil
	}
	db.attendance.mu.Lock()
	since := db.attendance.since
	db.attendance.mu.Unlock()
	if since.IsZero() || time.Since(since) < db.Grace {
		return nil, nil
	}
	rows, err := db.read.QueryContext(ctx, fmt.Sprintf("SELECT DISTINCT replica FROM executions WHERE state = 'running' AND "+alive, "executions.replica"))
	if err != nil {
		return nil, explain("see which replicas are there", err)
	}
	defer rows.Close() //nolint:errcheck // Err says it
	living := map[string]bool{}
	for rows.Next() {
		var replica string
		if err := rows.Scan(&replica); err != nil {
			return nil, explain("see which replicas are there", err)
		}
		living[replica] = true
	}
	if err := rows.Err(); err != nil {
		return nil, explain("see which replicas are there", err)
	}
	return slices.DeleteFunc(running, func(e *procedures.Execution) bool { return living[e.Replica] }), nil
}

// Departed reports whether a process is not there any more. Until the transaction ends it does not come back, and no
// other transaction takes it for departed.
func (db *DB) Departed(ctx context.Context, tx procedures.Tx, replica string) (departed bool, err error) {
	if db.writers == nil {
		return replica != db.replica, nil
	}
	err = tx.QueryRowContext(ctx, fmt.Sprintf("SELECT pg_try_advisory_xact_lock("+sessionKey+")", "$1::text"), replica).Scan(&departed)
	return departed, explain("see whether a replica is there", err)
}
