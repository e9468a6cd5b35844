package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Kinds of jobs in River's table, with the member of their arguments that names what they are of.
const (
	stepJob, stepArgument                 = "step", "execution"
	notificationJob, notificationArgument = "notification", "id"
)

// Queued returns the executions for which River's table has a job: one that waits to be fetched, or one
// that a process has fetched which is still there. River's clients have the name of their process.
func (db *DB) Queued(ctx context.Context) (map[string]bool, error) {
	return db.jobs(ctx, stepJob, stepArgument)
}

// OutgoingQueued returns the messages of the outbox for which there is a job, as Queued does of executions.
func (db *DB) OutgoingQueued(ctx context.Context) (map[string]bool, error) {
	return db.jobs(ctx, notificationJob, notificationArgument)
}

// lostAfter is how long a job may be fetched by this process, in seconds, before it is worked on: River hands it over at once.
const lostAfter = 5

// Handling says that this process works on a job of River's table, until done is called. Whoever works on jobs says so: by the table
// alone, one whose fetch was committed and whose answer was lost, as when a connection is cut, is in this process's hands for ever.
func (db *DB) Handling(job int64) (done func()) {
	db.handled.Store(job, nil)
	return func() { db.handled.Delete(job) }
}

// jobs returns what the living jobs of a kind are of. Those that this process has fetched and does not work on are removed.
func (db *DB) jobs(ctx context.Context, kind, argument string) (map[string]bool, error) {
	// '$[#-1]' is the last element: the process that fetched the job last.
	query := "SELECT id, json_extract(args, '$.' || $2), state = 'running' AND unixepoch(attempted_at) < unixepoch() - $4 " +
		"FROM river_job WHERE kind = $1 AND (state IN ('available', 'pending', 'retryable', 'scheduled') OR " +
		"state = 'running' AND json_extract(attempted_by, '$[#-1]') = $3)"
	if db.writers != nil {
		const last = "attempted_by[array_upper(attempted_by, 1)]"
		query = "SELECT id, args->>$2::text, state = 'running' AND " + last + " = $3 AND " +
			"attempted_at < now() - make_interval(secs => $4) FROM river_job WHERE kind = $1 AND " +
			"(state IN ('available', 'pending', 'retryable', 'scheduled') OR " +
			"state = 'running' AND " + fmt.Sprintf(alive, last) + ")"
	}
	rows, err := db.read.QueryContext(ctx, query, kind, argument, db.replica, lostAfter)
	if err != nil {
		return nil, explain("see what is queued", err)
	}
	out := map[string]bool{}
	var lost []int64
	err = each(rows, func() error {
		var job int64
		var of string
		var old bool
		if err := rows.Scan(&job, &of, &old); err != nil {
			return err
		}
		if _, handled := db.handled.Load(job); old && !handled {
			lost = append(lost, job)
		} else {
			out[of] = true
		}
		return nil
	})
	for _, job := range lost {
		_, removed := db.write.ExecContext(ctx, "DELETE FROM river_job WHERE id = $1 AND state = 'running'", job)
		err = errors.Join(err, removed)
	}
	return out, explain("see what is queued", err)
}

// Beginner is whose turn an execution takes: who began it, and in which environment. It is empty where there is no such execution.
func (db *DB) Beginner(ctx context.Context, tx procedures.Tx, execution string) (who string, err error) {
	by := "json_extract(executions.detail, '$.by')"
	if db.writers != nil {
		by = "executions.detail::json->>'by'"
	}
	var name string
	err = on(tx).QueryRowContext(ctx, "SELECT runs.environment, "+by+" FROM executions JOIN runs ON runs.id = executions.run_id"+
		" WHERE executions.id = $1", execution).Scan(&who, &name)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return who + " " + name, explain("see who began it", err)
}

// Round puts a job for an execution, which the transaction has inserted, into the line: River fetches by the time for which a job is
// scheduled. The first job of somebody stands beside the first ones of the others that wait, and each next one of theirs behind, so
// that they are fetched in rounds, one of each who waits (https://en.wikipedia.org/wiki/Fair_queuing). The times are an hour ago,
// since River leaves alone what is scheduled for later.
func (db *DB) Round(ctx context.Context, tx procedures.Tx, job int64, who string) error {
	const waits = "FROM river_job WHERE kind = 'step' AND state = 'available' AND id <> $1"
	query := "UPDATE river_job SET scheduled_at = max(" +
		"coalesce((SELECT min(scheduled_at) " + waits + "), strftime('%Y-%m-%d %H:%M:%f', 'now', '-1 hour')), " +
		"coalesce((SELECT strftime('%Y-%m-%d %H:%M:%f', max(scheduled_at), '+0.001 seconds') " + waits +
		" AND json_extract(args, '$.who') = $2), '')) WHERE id = $1"
	if db.writers != nil {
		query = "UPDATE river_job SET scheduled_at = greatest(" + // of what is not NULL
			"coalesce((SELECT min(scheduled_at) " + waits + "), now() - interval '1 hour'), " +
			"(SELECT max(scheduled_at) + interval '1 millisecond' " + waits + " AND args->>'who' = $2)) WHERE id = $1"
	}
	_, err := on(tx).ExecContext(ctx, query, job, who)
	return explain("queue it", err)
}

// Line returns the executions that wait for a worker, the next one first: those that a process has fetched and not begun, then
// those that River will fetch, in its order.
func (db *DB) Line(ctx context.Context) ([]string, error) {
	execution := "json_extract(river_job.args, '$.execution')"
	if db.writers != nil {
		execution = "river_job.args->>'execution'"
	}
	rows, err := db.read.QueryContext(ctx, "SELECT executions.id FROM river_job JOIN executions ON executions.id = "+execution+
		" WHERE river_job.kind = 'step' AND river_job.state IN ('available', 'running') AND executions.state = 'waiting'"+
		" ORDER BY CASE river_job.state WHEN 'running' THEN 0 ELSE 1 END, river_job.priority, river_job.scheduled_at, river_job.id")
	if err != nil {
		return nil, explain("see what is queued", err)
	}
	defer rows.Close() //nolint:errcheck // Err says it
	var out []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, explain("see what is queued", err)
		}
		out = append(out, id)
	}
	return out, explain("see what is queued", rows.Err())
}

// ForgetJobs removes the jobs from River's table that departed processes had in their hands: River leaves
// jobs alone that may take any time. Executions and notifications are queued again by themselves.
func (db *DB) ForgetJobs(ctx context.Context) error {
	query := "DELETE FROM river_job WHERE kind IN ('step', 'notification') AND state = 'running' AND " +
		"json_extract(attempted_by, '$[#-1]') <> $1"
	values := []any{db.replica}
	if db.writers != nil {
		query, values = "DELETE FROM river_job WHERE kind IN ('step', 'notification') AND state = 'running' AND attempted_at < now() - "+
			"interval '1 minute' AND NOT "+fmt.Sprintf(alive, "attempted_by[array_upper(attempted_by, 1)]"), nil
	}
	_, err := db.write.ExecContext(ctx, query, values...)
	return explain("tidy the job queue", err)
}
