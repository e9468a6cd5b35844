-- name: Unindexed :many
SELECT runs.id, runs.last, CAST(COALESCE(searched_runs.ends, 0) AS bigint) AS ends FROM runs
LEFT JOIN searched_runs ON searched_runs.run_id = runs.id
WHERE COALESCE(searched_runs.ends, 0) < runs.last ORDER BY runs.started_at DESC LIMIT $1;

-- name: IndexedTo :one
SELECT CAST(COALESCE((SELECT searched_runs.ends FROM searched_runs WHERE searched_runs.run_id = runs.id), 0) AS bigint) AS ends, runs.last
FROM runs WHERE runs.id = $1;

-- name: NewestIndexed :one
SELECT CAST(COALESCE(MAX(id), 0) AS bigint) AS id FROM searched;

-- name: InsertSearched :exec
INSERT INTO searched (id, run_id, step, begins, ends) VALUES ($1, $2, $3, $4, $5);

-- name: SetIndexedTo :exec
INSERT INTO searched_runs (run_id, ends) VALUES ($1, $2) ON CONFLICT (run_id) DO UPDATE SET ends = excluded.ends;
