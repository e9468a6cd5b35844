-- name: Schedules :many
-- Of each given procedure: see RecentVerdicts. SQLite keeps the order of a cross join, and would read all schedules first otherwise.
WITH RECURSIVE given (n, procedure_id) AS (
    SELECT CAST(0 AS bigint), CAST('' AS text)
    UNION ALL
    SELECT given.n + 1, rtrim(substr(CAST(sqlc.arg(parts) AS text),
        CAST(given.n * CAST(sqlc.arg(width) AS bigint) + 1 AS integer), CAST(sqlc.arg(width) AS integer)))
    FROM given WHERE given.n < CAST(sqlc.arg(count) AS bigint))
SELECT schedules.* FROM given CROSS JOIN schedules
WHERE given.n > 0 AND schedules.procedure_id = given.procedure_id AND schedules.environment = sqlc.arg(environment);

-- name: InsertSchedule :execrows
INSERT INTO schedules (procedure_id, environment, spec, checked_at) VALUES ($1, $2, $3, $4) ON CONFLICT (procedure_id, environment) DO NOTHING;

-- name: ClaimSchedule :execrows
UPDATE schedules SET spec = $3, checked_at = $4 WHERE procedure_id = $1 AND environment = $2 AND checked_at = sqlc.arg(before);

-- name: InsertPlanned :exec
-- A run is kept in the place of a reason: a clock that was ahead may have missed a time before it came.
INSERT INTO planned (procedure_id, environment, planned_at, run_id, reason) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (procedure_id, environment, planned_at) DO UPDATE SET run_id = excluded.run_id, reason = excluded.reason
WHERE planned.run_id = '' AND excluded.run_id <> '';

-- name: RunOfPlanned :one
SELECT run_id FROM planned WHERE procedure_id = $1 AND environment = $2 AND planned_at = $3;

-- name: LastPlanned :many
-- Of each given procedure: see RecentVerdicts.
WITH RECURSIVE given (n, procedure_id) AS (
    SELECT CAST(0 AS bigint), CAST('' AS text)
    UNION ALL
    SELECT given.n + 1, rtrim(substr(CAST(sqlc.arg(parts) AS text),
        CAST(given.n * CAST(sqlc.arg(width) AS bigint) + 1 AS integer), CAST(sqlc.arg(width) AS integer)))
    FROM given WHERE given.n < CAST(sqlc.arg(count) AS bigint))
SELECT planned.* FROM given JOIN planned ON planned.environment = sqlc.arg(environment)
    AND planned.procedure_id = given.procedure_id AND planned.planned_at = (
        SELECT max(newest.planned_at) FROM planned AS newest
        WHERE newest.environment = sqlc.arg(environment) AND newest.procedure_id = given.procedure_id)
WHERE given.n > 0;

-- name: LastBegun :one
SELECT run_id FROM planned WHERE procedure_id = $1 AND environment = $2 AND run_id <> '' ORDER BY planned_at DESC LIMIT 1;

-- name: LastFinished :many
-- Of each given procedure, 0 for never: see RecentVerdicts.
WITH RECURSIVE given (n, procedure_id) AS (
    SELECT CAST(0 AS bigint), CAST('' AS text)
    UNION ALL
    SELECT given.n + 1, rtrim(substr(CAST(sqlc.arg(parts) AS text),
        CAST(given.n * CAST(sqlc.arg(width) AS bigint) + 1 AS integer), CAST(sqlc.arg(width) AS integer)))
    FROM given WHERE given.n < CAST(sqlc.arg(count) AS bigint))
SELECT given.procedure_id, CAST(COALESCE((
    SELECT max(runs.finished_at) FROM runs
    WHERE runs.environment = sqlc.arg(environment) AND runs.state = 'finished' AND runs.procedure_id = given.procedure_id), 0) AS bigint)
    AS finished_at
FROM given WHERE given.n > 0;

-- name: DropPlanned :exec
DELETE FROM planned WHERE planned_at < $1;
