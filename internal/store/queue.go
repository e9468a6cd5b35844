package store

import (
	"context"
	"fmt"
)

// Queued returns the executions for which River's table has a job: one that waits to be fetched, or one
// that a process has fetched which is still there. River's clients have the name of their process.
func (db *DB) Queued(ctx context.Context) (map[string]bool, error) {
	// '$[#-1]' is the last element: the process that fetched the job last.
	query := "SELECT json_extract(args, '$.execution') FROM river_job WHERE kind = 'step' AND (state IN " +
		"('available', 'pending', 'retryable', 'scheduled') OR state = 'running' AND json_extract(attempted_by, '$[#-1]') = $1)"
	values := []any{db.replica}
	if db.writers != nil {
		query = "SELECT args->>'execution' FROM river_job WHERE kind = 'step' AND (state IN ('available', 'pending', " +
			"'retryable', 'scheduled') OR state = 'running' AND " + fmt.Sprintf(alive, "attempted_by[array_upper(attempted_by, 1)]") + ")"
		values = nil
	}
	rows, err := db.read.QueryContext(ctx, query, values...)
	if err != nil {
		return nil, explain("see what is queued", err)
	}
	defer rows.Close() //nolint:errcheck // Err says it
	out := map[string]bool{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, explain("see what is queued", err)
		}
		out[id] = true
	}
	return out, explain("see what is queued", rows.Err())
}

// ForgetJobs removes the jobs from River's table that departed processes had in their hands: River leaves
// jobs alone that may take any time. Executions are queued again by themselves.
func (db *DB) ForgetJobs(ctx context.Context) error {
	query := "DELETE FROM river_job WHERE kind = 'step' AND state = 'running' AND json_extract(attempted_by, '$[#-1]') <> $1"
	values := []any{db.replica}
	if db.writers != nil {
		query, values = "DELETE FROM river_job WHERE kind = 'step' AND state = 'running' AND attempted_at < now() - "+
			"interval '1 minute' AND NOT "+fmt.Sprintf(alive, "attempted_by[array_upper(attempted_by, 1)]"), nil
	}
	_, err := db.write.ExecContext(ctx, query, values...)
	return explain("tidy the job queue", err)
}
