-- name: EventsAfter :many
SELECT event FROM events WHERE run_id = $1 AND number > $2 ORDER BY number LIMIT $3;

-- name: EventAt :one
SELECT event FROM events WHERE run_id = $1 AND number = $2;
