-- name: InsertApproval :exec
INSERT INTO approvals (execution_id, person, name, answer, reason, at, digest, email) VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: WithdrawApproval :exec
UPDATE approvals SET answer = 'withdrawn', at = $2 WHERE execution_id = $1 AND answer = 'asked';

-- name: RevokeApproval :exec
UPDATE approvals SET answer = 'no', reason = $3, at = $4 WHERE execution_id = $1 AND person = $2 AND answer = 'yes';

-- name: Approvals :many
SELECT * FROM approvals WHERE execution_id = $1 ORDER BY at, person;

-- name: RunsAwaitingApproval :many
SELECT DISTINCT executions.run_id FROM executions JOIN approvals AS asked ON asked.execution_id = executions.id AND asked.answer = 'asked'
WHERE executions.state = 'planned' AND executions.asked_at > $1
    AND NOT EXISTS (SELECT 1 FROM approvals AS refused WHERE refused.execution_id = executions.id AND refused.answer = 'no');

-- name: AwaitingApproval :many
SELECT runs.environment, asked.at FROM executions
JOIN approvals AS asked ON asked.execution_id = executions.id AND asked.answer = 'asked'
JOIN runs ON runs.id = executions.run_id
WHERE executions.state = 'planned' AND executions.asked_at > $1
    AND NOT EXISTS (SELECT 1 FROM approvals AS refused WHERE refused.execution_id = executions.id AND refused.answer = 'no');
