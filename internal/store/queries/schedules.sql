-- name: Schedule :one
SELECT spec, checked_at FROM schedules WHERE procedure_id = $1 AND environment = $2;

-- name: InsertSchedule :execrows
INSERT INTO schedules (procedure_id, environment, spec, checked_at) VALUES ($1, $2, $3, $4) ON CONFLICT (procedure_id, environment) DO NOTHING;

-- name: ClaimSchedule :execrows
UPDATE schedules SET spec = $3, checked_at = $4 WHERE procedure_id = $1 AND environment = $2 AND checked_at = sqlc.arg(before);

-- name: InsertPlanned :exec
INSERT INTO planned (procedure_id, environment, planned_at, run_id, reason) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (procedure_id, environment, planned_at) DO NOTHING;

-- name: LastPlanned :many
SELECT planned.* FROM planned WHERE planned.environment = $1 AND NOT EXISTS (
    SELECT 1 FROM planned AS newer WHERE newer.environment = planned.environment AND newer.procedure_id = planned.procedure_id AND newer.planned_at > planned.planned_at);

-- name: LastFinished :many
SELECT procedure_id, CAST(max(finished_at) AS bigint) AS finished_at FROM runs WHERE environment = $1 AND state = 'finished' GROUP BY procedure_id;

-- name: DropPlanned :exec
DELETE FROM planned WHERE planned_at < $1;
