-- name: KeepRun :execrows
UPDATE runs SET kept = $2 WHERE id = $1;

-- name: OldRuns :many
SELECT id FROM runs WHERE state = 'finished' AND NOT kept AND finished_at < $1 ORDER BY finished_at LIMIT $2;

-- name: CountFinished :one
SELECT count(*) FROM runs WHERE state = 'finished';

-- name: ProceduresWithRuns :many
-- By one column at a time: of a comparison of rows SQLite seeks the first column only, and reads all runs of an environment
-- for each procedure.
WITH RECURSIVE places (environment) AS (
    SELECT min(environment) FROM runs
    UNION ALL
    SELECT (SELECT min(runs.environment) FROM runs WHERE runs.environment > places.environment)
    FROM places WHERE places.environment IS NOT NULL),
have (environment, procedure_id) AS (
    SELECT places.environment, (SELECT min(runs.procedure_id) FROM runs WHERE runs.environment = places.environment)
    FROM places WHERE places.environment IS NOT NULL
    UNION ALL
    SELECT have.environment, (SELECT min(runs.procedure_id) FROM runs
        WHERE runs.environment = have.environment AND runs.procedure_id > have.procedure_id)
    FROM have WHERE have.procedure_id IS NOT NULL)
SELECT CAST(have.environment AS text) AS environment, CAST(have.procedure_id AS text) AS procedure_id
FROM have WHERE have.procedure_id IS NOT NULL;

-- name: RunsBeyond :many
SELECT id FROM runs WHERE environment = $1 AND procedure_id = $2 AND state = 'finished' AND NOT kept
ORDER BY started_at DESC, id DESC LIMIT $3 OFFSET $4;

-- name: DeleteRun :many
DELETE FROM runs WHERE id = $1 AND state = 'finished' AND NOT kept RETURNING text_digest;

-- name: DropText :exec
DELETE FROM texts WHERE texts.digest = $1 AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.text_digest = $1);
