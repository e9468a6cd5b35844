-- name: InsertExecution :exec
INSERT INTO executions (id, run_id, step, state, effect, press_key, asked_at, finished_at, verdict, detail, number)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '', $8, (SELECT CAST(COALESCE(MAX(number), 0) + 1 AS bigint) FROM executions WHERE run_id = $2));

-- name: Execution :one
SELECT * FROM executions WHERE id = $1;

-- name: ExecutionOfKey :one
SELECT * FROM executions WHERE press_key = $1;

-- name: ExecutionsOfRun :many
SELECT * FROM executions WHERE run_id = $1 ORDER BY number;

-- name: ExecutionsInState :many
SELECT * FROM executions WHERE state = $1 ORDER BY asked_at, run_id, number;

-- name: MoveExecution :execrows
UPDATE executions SET state = sqlc.arg(next), finished_at = sqlc.arg(finished_at), verdict = sqlc.arg(verdict) WHERE id = sqlc.arg(id) AND state = sqlc.arg(previous);

-- name: AgreeExecution :execrows
UPDATE executions SET state = 'waiting', number = (SELECT CAST(MAX(e.number) + 1 AS bigint) FROM executions AS e WHERE e.run_id = executions.run_id)
WHERE executions.id = $1 AND executions.state = 'planned';

-- name: DropPlans :exec
DELETE FROM executions WHERE run_id = $1 AND step = $2 AND state = 'planned';
