-- name: InsertExecution :exec
INSERT INTO executions (id, run_id, step, state, effect, press_key, asked_at, finished_at, verdict, detail, undoes, number)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '', $8, $9, (SELECT CAST(COALESCE(MAX(number), 0) + 1 AS bigint) FROM executions WHERE run_id = $2));

-- name: Execution :one
SELECT * FROM executions WHERE id = $1;

-- name: ExecutionOfKey :one
SELECT * FROM executions WHERE press_key = $1 AND press_key <> '';

-- name: ExecutionsOfRun :many
SELECT * FROM executions WHERE run_id = $1 ORDER BY number;

-- name: ExecutionsInState :many
SELECT * FROM executions WHERE state = $1 ORDER BY asked_at, run_id, number;

-- name: TakeExecution :execrows
UPDATE executions SET state = 'running', replica = $2, waits_for = '' WHERE id = $1 AND state = 'waiting';

-- name: ReleaseExecution :execrows
UPDATE executions SET state = 'waiting', replica = '' WHERE id = $1 AND state = 'running' AND replica = $2;

-- name: FinishExecution :execrows
UPDATE executions SET state = 'finished', finished_at = sqlc.arg(finished_at), verdict = sqlc.arg(verdict), waits_for = ''
WHERE id = sqlc.arg(id) AND state = sqlc.arg(previous) AND replica = sqlc.arg(replica);

-- name: HoldsExecution :one
SELECT count(*) FROM executions WHERE id = $1 AND state = 'running' AND replica = $2;

-- name: ApplyExecution :exec
UPDATE executions SET carried = true WHERE id = $1;

-- name: UpdateDetail :exec
UPDATE executions SET detail = $2 WHERE id = $1;

-- name: CancelExecution :exec
UPDATE executions SET cancelled = true, cancelled_by = $2 WHERE id = $1;

-- name: WaitFor :exec
UPDATE executions SET waits_for = $2 WHERE id = $1 AND state = 'waiting';

-- name: WaitingFor :many
UPDATE executions SET waits_for = '' WHERE waits_for = $1 AND state = 'waiting' RETURNING id;

-- name: Reserved :one
SELECT execution_id FROM resources WHERE environment = $1 AND resource = $2;

-- name: Reserve :exec
INSERT INTO resources (environment, resource, execution_id) VALUES ($1, $2, $3);

-- name: Unreserve :exec
DELETE FROM resources WHERE execution_id = $1;

-- name: ConfirmExecution :execrows
UPDATE executions SET state = 'waiting', number = (SELECT CAST(MAX(e.number) + 1 AS bigint) FROM executions AS e WHERE e.run_id = executions.run_id)
WHERE executions.id = $1 AND executions.state = 'planned';
