-- name: InsertPendingAudit :exec
INSERT INTO audit_pending (id, at, kind, result, environment, procedure, run, who, body, digest)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: PendingAudit :many
SELECT * FROM audit_pending ORDER BY id LIMIT $1;

-- name: DropPendingAudit :exec
DELETE FROM audit_pending WHERE id = $1;

-- name: BeginAuditHead :exec
INSERT INTO audit_head (one, number, hash) VALUES (1, 0, '') ON CONFLICT (one) DO NOTHING;

-- name: LockAuditHead :one
-- A row that is written is locked, on PostgreSQL and on SQLite alike.
UPDATE audit_head SET one = 1 WHERE one = 1 RETURNING number, hash;

-- name: AuditHead :one
SELECT number, hash FROM audit_head WHERE one = 1;

-- name: MoveAuditHead :exec
UPDATE audit_head SET number = $1, hash = $2 WHERE one = 1;

-- name: InsertAudit :exec
INSERT INTO audit (number, at, kind, result, environment, procedure, run, who, body, digest, previous, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: AuditAfter :many
SELECT * FROM audit WHERE number > $1 ORDER BY number LIMIT $2;

-- name: AuditBefore :many
SELECT * FROM audit WHERE number < $1 ORDER BY number DESC LIMIT $2;

-- name: EraseAudit :execrows
UPDATE audit SET who = '', body = '' WHERE number = $1 AND body <> '';

-- name: RunPlace :one
SELECT environment, procedure_id, text_digest FROM runs WHERE id = $1;

-- name: AuditStreams :many
SELECT * FROM audit_streams ORDER BY name;

-- name: BeginAuditStream :exec
INSERT INTO audit_streams (name, number, hash, sent_at, error, failing_since) VALUES ($1, 0, '', 0, '', 0) ON CONFLICT (name) DO NOTHING;

-- name: HoldAuditStream :many
UPDATE audit_streams SET holder = $2, held_until = $3 WHERE name = $1 AND (holder = $2 OR held_until <= $4) RETURNING number, hash;

-- name: MoveAuditStream :exec
UPDATE audit_streams SET number = $2, hash = $3, sent_at = $4, error = '', failing_since = 0 WHERE name = $1;

-- name: FailAuditStream :exec
UPDATE audit_streams SET error = $2, failing_since = CASE WHEN failing_since = 0 THEN $3 ELSE failing_since END WHERE name = $1;
