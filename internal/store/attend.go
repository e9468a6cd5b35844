package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/opsbook/opsbook/internal/procedures"
)

// attendance is what makes a process known to the others of a PostgreSQL database: one connection that
// holds a session lock for as long as the process lives, and that receives what the others notify. The
// server gives a session's locks back when its connection ends, in whatever way, and ends it where nothing
// is asked over it for a while: so the database alone decides who is there, and no two clocks are compared.
type attendance struct {
	config *pgx.ConnConfig

	mu      sync.Mutex
	since   time.Time // when the lock was taken; zero while it is not held
	proven  time.Time // when the newest question was asked that its connection has answered; zero while it is not held
	topic   map[string]bool
	notes   map[string]string // the newest by subject
	pending chan struct{}     // has a message while topic or notes has something
}

// Times of attendance.
const (
	// proofEvery is how often the connection is asked whether it is still there.
	proofEvery = time.Second
	// idle is after how long without a question the database ends the connection, and gives the lock back: a process that stands
	// still, or whose host does, is gone for the others. https://www.postgresql.org/docs/current/runtime-config-client.html
	idle = "3s"
	// sendTime bounds the sending of one notification.
	sendTime = 10 * time.Second
	// again is the longest wait before the database is tried again.
	again = 500 * time.Millisecond
)

// channel is the name of the notification channel of all processes.
const channel = "opsbook"

// sessionKey is the key of a process's session lock, as an expression of SQL over its name. Its seed is 1
// and that of Lock's keys is 0, so that no name of a resource can be that of a process.
const sessionKey = "hashtextextended(%s, 1)"

// Notify tells the other processes of the database that something of these topics has changed. It returns
// at once; what cannot be sent now is sent later.
func (db *DB) Notify(topics ...string) {
	if db.writers == nil {
		return
	}
	a := &db.attendance
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.pending == nil {
		return // nobody attends, as with a run of the command line
	}
	for _, t := range topics {
		a.topic[t] = true
	}
	a.wake()
}

// Announce sends a text to the other processes of the database: of a subject they receive the newest one.
// It returns at once. Announcements are not kept, so that what has to stay known is announced again from
// time to time. A longer text than MaxAnnouncement is not sent.
func (db *DB) Announce(subject, text string) {
	if db.writers == nil {
		return
	}
	a := &db.attendance
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.pending == nil || len(text) > MaxAnnouncement {
		return
	}
	a.notes[subject] = text
	a.wake()
}

// wake wakes the sender. The lock is held.
func (a *attendance) wake() {
	select {
	case a.pending <- struct{}{}:
	default: // the sender has not run yet
	}
}

// take removes and returns what is pending.
func (a *attendance) take() (topics []string, notes map[string]string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	topics, notes = slices.Collect(maps.Keys(a.topic)), maps.Clone(a.notes)
	clear(a.topic)
	clear(a.notes)
	return topics, notes
}

// Attend makes this process known to the others, until ctx ends; then it notifies that it goes. It calls
// received with what they notify, missed after a time in which notifications may have been missed, and lost
// when the connection that shows that it is there has ended. SQLite has no other processes.
func (db *DB) Attend(ctx context.Context, logger *slog.Logger, received func(procedures.Notification), missed, lost func()) {
	if db.writers == nil {
		<-ctx.Done()
		return
	}
	a := &db.attendance
	a.mu.Lock()
	a.topic, a.notes, a.pending = map[string]bool{}, map[string]string{}, make(chan struct{}, 1)
	a.mu.Unlock()
	var sending sync.WaitGroup
	sending.Go(func() { db.sendNotifications(ctx, logger) })
	defer sending.Wait()
	wait := again / 10
	for ctx.Err() == nil {
		attended, err := db.attend(ctx, received, missed)
		if ctx.Err() != nil {
			return
		}
		if attended {
			lost()
			wait = again / 10
		}
		logger.WarnContext(ctx, "notifications of other replicas are not received; the database is tried again", "error", err, "wait", wait)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
		wait = min(2*wait, again)
	}
}

// attend listens until the connection fails. It reports whether there was one.
func (db *DB) attend(ctx context.Context, received func(procedures.Notification), missed func()) (attended bool, err error) {
	config := db.attendance.config.Copy()
	// A host that vanishes lets go of its lock within some seconds.
	maps.Copy(config.RuntimeParams, map[string]string{
		"tcp_keepalives_idle": "5", "tcp_keepalives_interval": "2", "tcp_keepalives_count": "3", "tcp_user_timeout": "10000",
	})
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return false, err
	}
	defer func() {
		db.attending(time.Time{}, time.Time{})
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(end)
	}()
	if _, err := conn.Exec(ctx, "SET idle_session_timeout = '"+idle+"'"); err != nil {
		return false, err
	}
	// Others try the lock for an instant, where they saw that nobody has it.
	if _, err := conn.Exec(ctx, fmt.Sprintf("SELECT pg_advisory_lock("+sessionKey+")", "$1::text"), db.replica); err != nil {
		return false, err
	}
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return false, err
	}
	since, told := time.Now(), false
	for {
		asked := time.Now()
		if err := answers(ctx, conn); err != nil {
			return told, err
		}
		db.attending(since, asked)
		if !told {
			told = true
			missed()
		}
		if err := db.receive(ctx, conn, asked.Add(proofEvery), received); err != nil {
			return true, err
		}
	}
}

// answers asks a connection whether it is still there.
func answers(ctx context.Context, conn *pgx.Conn) error {
	try, cancel := context.WithTimeout(ctx, procedures.AttendanceHolds)
	defer cancel()
	return conn.Ping(try)
}

// receive hands on what others notify, until a time.
func (db *DB) receive(ctx context.Context, conn *pgx.Conn, until time.Time, received func(procedures.Notification)) error {
	wait, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	for {
		notification, err := conn.WaitForNotification(wait)
		if err != nil {
			if ctx.Err() == nil && errors.Is(wait.Err(), context.DeadlineExceeded) {
				return nil
			}
			return err
		}
		var n procedures.Notification
		if err := json.Unmarshal([]byte(notification.Payload), &n); err == nil && n.From != db.replica { // else somebody else uses the name
			received(n)
		}
	}
}

// attending keeps since when the session lock is held, and when that was asked last and confirmed; zero times say that it is not.
func (db *DB) attending(since, proven time.Time) {
	db.attendance.mu.Lock()
	defer db.attendance.mu.Unlock()
	db.attendance.since, db.attendance.proven = since, proven
}

// Attended is for how long no other process takes this one for gone, whatever happens: so long it may change something. It is 0
// where the database has not confirmed for too long that this process is there. Where nobody else can use the
// database, and where nobody attends, as with a run of the command line, it is a year.
func (db *DB) Attended() time.Duration {
	const always = 365 * 24 * time.Hour
	if db.writers == nil {
		return always
	}
	a := &db.attendance
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.pending == nil {
		return always
	}
	if a.proven.IsZero() {
		return 0
	}
	// The clock that only counts stands still with a machine that does; the other one may be set.
	now := time.Now()
	age := max(now.Sub(a.proven), now.Round(0).Sub(a.proven.Round(0)))
	return max(0, procedures.AttendanceHolds-age)
}

// maxSent bounds a notification, in bytes: PostgreSQL takes less than 8000
// (https://www.postgresql.org/docs/current/sql-notify.html). JSON escapes make a text longer than it is,
// so that parts fills a notification by half only.
const maxSent = 7000

// MaxAnnouncement bounds the text of an announcement, in bytes.
const MaxAnnouncement = maxSent / 3

// sendNotifications sends what is pending, until ctx ends. What comes while it sends goes together with
// the next.
func (db *DB) sendNotifications(ctx context.Context, logger *slog.Logger) {
	a := &db.attendance
	var left []procedures.Notification // that could not be sent yet
	for {
		select {
		case <-a.pending:
		case <-ctx.Done():
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			topics, _ := a.take()
			last := slices.Concat(left, parts(topics, nil), []procedures.Notification{{Ended: true}})
			var err error
			for i := 0; i < len(last) && err == nil; i++ {
				err = db.notify(end, last[i])
			}
			if err != nil {
				logger.InfoContext(ctx, "the other replicas could not be notified that this one goes; they find out", "error", err)
			}
			return
		}
		for left = parts(a.take()); len(left) > 0 && ctx.Err() == nil; {
			err := db.notify(ctx, left[0])
			switch {
			case err == nil:
				left = left[1:]
			case ctx.Err() == nil:
				logger.WarnContext(ctx, "the other replicas could not be notified; it is tried again", "error", err)
				select {
				case <-time.After(again):
				case <-ctx.Done():
				}
			}
		}
	}
}

// parts divides what is pending into what one notification takes: topics in any order, then notes in that
// of their subjects.
func parts(topics []string, notes map[string]string) []procedures.Notification {
	var all []procedures.Notification
	size := maxSent
	// fit returns the notification that takes so much more.
	fit := func(more int) *procedures.Notification {
		if size += more; size > maxSent/2 {
			all, size = append(all, procedures.Notification{Notes: map[string]string{}}), more
		}
		return &all[len(all)-1]
	}
	for _, topic := range topics {
		n := fit(len(topic))
		n.Topics = append(n.Topics, topic)
	}
	for _, subject := range slices.Sorted(maps.Keys(notes)) {
		fit(len(subject) + len(notes[subject])).Notes[subject] = notes[subject]
	}
	return all
}

// notify sends one notification, by a connection of the readers: it is delivered when its statement
// commits, which is at once.
func (db *DB) notify(ctx context.Context, n procedures.Notification) error {
	text, err := db.payload(n)
	if err != nil {
		return err
	}
	try, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	_, err = db.readers.Exec(try, "SELECT pg_notify($1, $2)", channel, text)
	return err
}

// NotifyIn is Notify for a process that does not attend: the others are told when the transaction is committed, and only then.
// The topics have to fit into one notification.
func (db *DB) NotifyIn(ctx context.Context, tx procedures.Tx, topics ...string) error {
	if db.writers == nil {
		return nil
	}
	text, err := db.payload(procedures.Notification{Topics: topics})
	if err == nil {
		_, err = on(tx).ExecContext(ctx, "SELECT pg_notify($1, $2)", channel, text)
	}
	return explain("notify the other replicas", err)
}

// payload is a notification as it is sent.
func (db *DB) payload(n procedures.Notification) (string, error) {
	n.From = db.replica
	var data strings.Builder
	encoder := json.NewEncoder(&data)
	encoder.SetEscapeHTML(false) // it would make texts six times as long
	err := encoder.Encode(n)
	return data.String(), err
}

// alive is whether the process of a name has its session lock, as a condition of SQL. A lock with a key of
// 64 bits is shown in halves, as classid and objid, with objsubid 1:
// https://www.postgresql.org/docs/current/view-pg-locks.html
const alive = `EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
	AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
	AND (classid::bigint << 32 | objid::bigint) = hashtextextended(%s, 1))`

// Orphans returns the executions that run in processes that are gone, as far as is known now; Departed has
// the last word. After an outage of the database no process is taken for dead for a while (Grace). On
// SQLite all executions of other processes are orphans, since the data folder has one process.
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
	rows, err := db.read.QueryContext(ctx,
		fmt.Sprintf("SELECT DISTINCT replica FROM executions WHERE state = 'running' AND "+alive, "executions.replica"))
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

// Departed reports whether a process is gone. Until the transaction ends it does not come back, and no
// other transaction takes it for departed: the transaction holds the process's lock itself, for which a
// process that attends has to wait.
func (db *DB) Departed(ctx context.Context, tx procedures.Tx, replica string) (departed bool, err error) {
	if db.writers == nil {
		return replica != db.replica, nil
	}
	err = on(tx).QueryRowContext(ctx, fmt.Sprintf("SELECT pg_try_advisory_xact_lock("+sessionKey+")", "$1::text"), replica).Scan(&departed)
	return departed, explain("see whether a replica is there", err)
}
