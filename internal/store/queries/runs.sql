-- name: KeepText :exec
-- The row is locked where it is there: it is not deleted with the last run that shared it while another run begins.
INSERT INTO texts (digest, file, markdown) VALUES ($1, $2, $3) ON CONFLICT (digest) DO UPDATE SET file = excluded.file;

-- name: InsertRun :exec
INSERT INTO runs (id, procedure_id, title, digest, text_digest, environment, account, state, verdict, started_by, started_at, updated_at, finished_at, last, parameters)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15);

-- name: Run :one
SELECT sqlc.embed(runs), texts.file, texts.markdown FROM runs JOIN texts ON texts.digest = runs.text_digest WHERE runs.id = $1;

-- name: OpenRun :one
SELECT id FROM runs WHERE procedure_id = $1 AND environment = $2 AND state = 'open';

-- name: OpenRuns :many
-- Of each given procedure: see RecentVerdicts.
WITH RECURSIVE given (n, procedure_id) AS (
    SELECT CAST(0 AS bigint), CAST('' AS text)
    UNION ALL
    SELECT given.n + 1, rtrim(substr(CAST(sqlc.arg(parts) AS text),
        CAST(given.n * CAST(sqlc.arg(width) AS bigint) + 1 AS integer), CAST(sqlc.arg(width) AS integer)))
    FROM given WHERE given.n < CAST(sqlc.arg(count) AS bigint))
SELECT runs.id, runs.procedure_id, runs.started_at FROM given CROSS JOIN runs
WHERE given.n > 0 AND runs.procedure_id = given.procedure_id AND runs.environment = sqlc.arg(environment) AND runs.state = 'open';

-- name: IdleRuns :many
SELECT id FROM runs WHERE state = 'open' AND updated_at < $1;

-- name: LatestRuns :many
WITH RECURSIVE have (procedure_id) AS (
    SELECT min(procedure_id) FROM runs WHERE runs.environment = $1
    UNION ALL
    SELECT (SELECT min(runs.procedure_id) FROM runs WHERE runs.environment = $1 AND runs.procedure_id > have.procedure_id)
    FROM have WHERE have.procedure_id IS NOT NULL)
SELECT runs.* FROM have JOIN runs ON runs.id = (
    SELECT newest.id FROM runs AS newest WHERE newest.environment = $1 AND newest.procedure_id = have.procedure_id
    ORDER BY newest.started_at DESC, newest.id DESC LIMIT 1);

-- name: RunsOfProcedure :many
SELECT * FROM runs WHERE environment = $1 AND procedure_id = $2 ORDER BY started_at DESC, id DESC LIMIT $3;

-- name: RecentVerdicts :many
-- Of each given procedure when its newest runs began, their ids and verdicts, the newest first, with commas. What is given is one text of equally wide
-- parts, as that is what both databases split alike: see parted in newest.go.
WITH RECURSIVE given (n, procedure_id) AS (
    SELECT CAST(0 AS bigint), CAST('' AS text)
    UNION ALL
    SELECT given.n + 1, rtrim(substr(CAST(sqlc.arg(parts) AS text),
        CAST(given.n * CAST(sqlc.arg(width) AS bigint) + 1 AS integer), CAST(sqlc.arg(width) AS integer)))
    FROM given WHERE given.n < CAST(sqlc.arg(count) AS bigint))
SELECT given.procedure_id, CAST(COALESCE((SELECT string_agg(CAST(recent.started_at AS text) || ' ' || recent.id || ' ' || recent.verdict, ',') FROM (
    SELECT runs.started_at, runs.id, runs.verdict FROM runs WHERE runs.environment = sqlc.arg(environment) AND runs.procedure_id = given.procedure_id
    ORDER BY runs.started_at DESC, runs.id DESC LIMIT sqlc.arg(most)) AS recent), '-') AS text) AS verdicts
FROM given WHERE given.n > 0;

-- name: RecentRuns :many
-- Those that are older than one that began at a time and has an id.
SELECT * FROM runs WHERE environment = $1 AND started_at <= sqlc.arg(began) AND (started_at < sqlc.arg(began) OR id < sqlc.arg(than))
ORDER BY started_at DESC, id DESC LIMIT $2;

-- name: RunsOfProcedureBefore :many
-- Those of one procedure: see RecentRuns.
SELECT * FROM runs WHERE environment = $1 AND procedure_id = $2
    AND started_at <= sqlc.arg(began) AND (started_at < sqlc.arg(began) OR id < sqlc.arg(than))
ORDER BY started_at DESC, id DESC LIMIT $3;

-- name: ChangesOfRuns :many
-- How many executions of each given run have applied changes: see RecentVerdicts.
WITH RECURSIVE given (n, run_id) AS (
    SELECT CAST(0 AS bigint), CAST('' AS text)
    UNION ALL
    SELECT given.n + 1, rtrim(substr(CAST(sqlc.arg(parts) AS text),
        CAST(given.n * CAST(sqlc.arg(width) AS bigint) + 1 AS integer), CAST(sqlc.arg(width) AS integer)))
    FROM given WHERE given.n < CAST(sqlc.arg(count) AS bigint))
SELECT given.run_id, CAST((SELECT count(*) FROM executions WHERE executions.run_id = given.run_id AND executions.carried) AS bigint) AS changes
FROM given WHERE given.n > 0;

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
