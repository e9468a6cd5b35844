-- name: InsertOutgoing :exec
INSERT INTO outbox (id, target, topic, alert, message, state, attempts, error, created_at, due_at, tried_at)
VALUES ($1, $2, $3, $4, '', 'waiting', 0, '', $5, $6, 0);

-- name: Outgoing :one
SELECT * FROM outbox WHERE id = $1;

-- name: LastOfTopic :one
SELECT created_at FROM outbox WHERE topic = $1 AND topic <> '' AND target = $2 ORDER BY created_at DESC LIMIT 1;

-- name: KeepMessage :exec
UPDATE outbox SET message = $2 WHERE id = $1;

-- name: KeepAttempt :exec
UPDATE outbox SET state = $2, attempts = $3, error = $4, due_at = $5, tried_at = $6 WHERE id = $1;

-- name: OutgoingDue :many
SELECT id FROM outbox WHERE state = 'waiting' AND due_at <= $1 ORDER BY due_at LIMIT $2;

-- name: OutgoingTroubled :many
SELECT * FROM outbox WHERE error <> '' AND created_at > $1 ORDER BY created_at DESC LIMIT $2;

-- name: DropOutgoing :exec
DELETE FROM outbox WHERE created_at < $1;
