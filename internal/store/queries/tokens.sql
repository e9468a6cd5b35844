-- name: InsertToken :exec
INSERT INTO tokens (id, secret, name, role, verbs, environments, procedures, effects, made_by, made_for, made_at, expires_at, used_at, used_from)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, '');

-- name: TokenOf :one
SELECT * FROM tokens WHERE secret = $1;

-- name: Tokens :many
SELECT * FROM tokens ORDER BY name;

-- name: CountTokens :one
SELECT count(*) FROM tokens;

-- name: UseToken :exec
UPDATE tokens SET used_at = $2, used_from = $3 WHERE id = $1;

-- name: EndToken :many
DELETE FROM tokens WHERE id = $1 OR name = $1 RETURNING *;
