-- name: InsertSignIn :exec
INSERT INTO sign_ins (id, provider, issuer, subject, session, name, email, member_of, browser, address, kept, begun_at, used_at, refreshed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14);

-- name: SignIn :one
SELECT * FROM sign_ins WHERE id = $1;

-- name: SignInsOf :many
SELECT * FROM sign_ins WHERE issuer = $1 AND subject = $2 ORDER BY used_at DESC LIMIT $3;

-- name: UseSignIn :exec
UPDATE sign_ins SET used_at = $2, address = $3, browser = $4 WHERE id = $1;

-- name: ClaimRefresh :execrows
UPDATE sign_ins SET refreshed_at = $3 WHERE id = $1 AND refreshed_at = $2;

-- name: KeepRefreshed :exec
UPDATE sign_ins SET session = $2, name = $3, email = $4, member_of = $5, kept = $6 WHERE id = $1;

-- name: EndSignIn :execrows
DELETE FROM sign_ins WHERE id = $1;

-- name: EndSignInsOf :many
DELETE FROM sign_ins WHERE issuer = $1 AND subject = $2 AND begun_at <= $3 RETURNING id;

-- name: EndSignInsOfSession :many
DELETE FROM sign_ins WHERE issuer = $1 AND session = $2 AND session <> '' AND begun_at <= $3 RETURNING id;

-- name: DropUnusedSignIns :exec
DELETE FROM sign_ins WHERE used_at < $1;

-- name: DropOldSignIns :exec
DELETE FROM sign_ins WHERE begun_at < $1;
