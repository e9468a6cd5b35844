-- The table keeps its first name: belongings.

-- name: Snapshot :many
SELECT name, data FROM belongings WHERE run_id = $1;

-- name: KeepInSnapshot :exec
INSERT INTO belongings (run_id, name, data) VALUES ($1, $2, $3) ON CONFLICT (run_id, name) DO UPDATE SET data = excluded.data;

-- name: DiscardSnapshot :exec
DELETE FROM belongings WHERE run_id = $1;

-- name: DiscardFromSnapshot :exec
DELETE FROM belongings WHERE run_id = $1 AND name = $2;
