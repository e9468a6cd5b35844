-- name: KeepText :exec
INSERT INTO texts (digest, file, markdown) VALUES ($1, $2, $3) ON CONFLICT (digest) DO NOTHING;

-- name: InsertRun :exec
INSERT INTO runs (id, procedure_id, title, digest, text_digest, environment, account, state, verdict, started_by, started_at, updated_at, finished_at, last, parameters)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15);

-- name: Run :one
SELECT sqlc.embed(runs), texts.file, texts.markdown FROM runs JOIN texts ON texts.digest = runs.text_digest WHERE runs.id = $1;

-- name: OpenRun :one
SELECT id FROM runs WHERE procedure_id = $1 AND environment = $2 AND state = 'open';

-- name: IdleRuns :many
SELECT id FROM runs WHERE state = 'open' AND updated_at < $1;

-- name: LatestRuns :many
SELECT runs.* FROM runs WHERE runs.environment = $1 AND NOT EXISTS (
    SELECT 1 FROM runs AS newer WHERE newer.environment = runs.environment AND newer.procedure_id = runs.procedure_id
    AND (newer.started_at > runs.started_at OR newer.started_at = runs.started_at AND newer.id > runs.id));

-- name: RunsOfProcedure :many
SELECT * FROM runs WHERE environment = $1 AND procedure_id = $2 ORDER BY started_at DESC, id DESC LIMIT $3;

-- name: RecentRuns :many
SELECT * FROM runs WHERE environment = $1 ORDER BY started_at DESC, id DESC LIMIT $2;

-- name: NumberEvents :one
UPDATE runs SET last = last + CAST(sqlc.arg(count) AS bigint), updated_at = $2 WHERE id = $1 RETURNING last;

-- name: SetRunState :exec
UPDATE runs SET state = $2, finished_at = $3 WHERE id = $1;

-- name: SetRunVerdict :exec
UPDATE runs SET verdict = $2 WHERE id = $1;

-- name: SetRunParameters :exec
UPDATE runs SET parameters = $2 WHERE id = $1;

-- name: Head :one
SELECT * FROM runs WHERE id = $1;

-- name: ReopenRun :exec
UPDATE runs SET state = 'open', finished_at = 0, reopened_at = $2 WHERE id = $1;
