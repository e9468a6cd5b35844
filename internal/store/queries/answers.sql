-- name: KeepAnswers :exec
INSERT INTO plan_answers (execution_id, run_id, expires_at, data) VALUES ($1, $2, $3, $4)
ON CONFLICT (execution_id) DO UPDATE SET expires_at = excluded.expires_at, data = excluded.data;

-- name: Answers :one
SELECT data FROM plan_answers WHERE execution_id = $1;

-- name: HoldAnswers :exec
UPDATE plan_answers SET expires_at = 0 WHERE execution_id = $1;

-- name: DropAnswers :exec
DELETE FROM plan_answers WHERE execution_id = $1;

-- name: DropAnswersOfRun :exec
DELETE FROM plan_answers WHERE run_id = $1;

-- name: ExpireAnswers :exec
DELETE FROM plan_answers WHERE expires_at > 0 AND expires_at < $1;
