-- name: InsertPasskey :exec
INSERT INTO passkeys (id, account_id, name, public_key, counter, challenged_at, made_at, used_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0);

-- name: Passkey :one
SELECT * FROM passkeys WHERE id = $1;

-- name: PasskeysOf :many
SELECT * FROM passkeys WHERE account_id = $1 ORDER BY made_at;

-- name: UsePasskey :execrows
UPDATE passkeys SET counter = $2, challenged_at = $3, used_at = $4 WHERE id = $1 AND challenged_at < $3;

-- name: DropPasskey :execrows
DELETE FROM passkeys WHERE id = $1 AND account_id = $2;

-- name: DropPasskeysOf :exec
DELETE FROM passkeys WHERE account_id = $1;
