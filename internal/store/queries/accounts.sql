-- name: InsertAccount :exec
INSERT INTO accounts (id, email, name, member_of, password, secret, step, version, made_by, made_at, used_at, disabled_at)
VALUES ($1, $2, $3, $4, $5, '', 0, $6, $7, $8, $8, 0);

-- name: Account :one
SELECT * FROM accounts WHERE id = $1;

-- name: AccountOf :one
SELECT * FROM accounts WHERE email = $1;

-- name: Accounts :many
SELECT * FROM accounts ORDER BY email;

-- name: CountAccounts :one
SELECT count(*) FROM accounts;

-- name: AccountsVersion :many
SELECT version FROM accounts ORDER BY version DESC LIMIT 1;

-- name: SetAccount :execrows
UPDATE accounts SET name = $3, member_of = $4, password = $5, version = $6, disabled_at = $7 WHERE id = $1 AND version = $2;

-- name: SetAccountSecret :execrows
UPDATE accounts SET secret = $3, step = $4, version = $5 WHERE id = $1 AND version = $2;

-- name: KeepAccountSecret :execrows
UPDATE accounts SET secret = $3 WHERE id = $1 AND version = $2;

-- name: UseAccountStep :execrows
UPDATE accounts SET step = $2 WHERE id = $1 AND step < $2;

-- name: UseAccount :exec
UPDATE accounts SET used_at = $2 WHERE id = $1;

-- name: SetSignInsOf :exec
UPDATE sign_ins SET name = $3, member_of = $4 WHERE issuer = $1 AND subject = $2;

-- name: EndOtherSignInsOf :many
DELETE FROM sign_ins WHERE issuer = $1 AND subject = $2 AND id <> $3 RETURNING id;

-- name: InsertAccountCode :exec
INSERT INTO account_codes (hash, account_id) VALUES ($1, $2);

-- name: UseAccountCode :execrows
DELETE FROM account_codes WHERE hash = $1 AND account_id = $2;

-- name: DropAccountCodes :exec
DELETE FROM account_codes WHERE account_id = $1;

-- name: CountAccountCodes :one
SELECT count(*) FROM account_codes WHERE account_id = $1;

-- name: InsertAccountLink :exec
INSERT INTO account_links (hash, id, kind, email, member_of, account_id, factors, made_by, made_for, made_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: AccountLink :one
SELECT * FROM account_links WHERE hash = $1;

-- name: AccountLinks :many
SELECT * FROM account_links ORDER BY made_at DESC;

-- name: CountAccountLinks :one
SELECT count(*) FROM account_links;

-- name: TakeAccountLink :execrows
DELETE FROM account_links WHERE hash = $1;

-- name: EndAccountLink :many
DELETE FROM account_links WHERE id = $1 RETURNING *;

-- name: DropAccountLinksOf :exec
DELETE FROM account_links WHERE email = $1;

-- name: DropAccountLinksBy :exec
DELETE FROM account_links WHERE made_for = $1;

-- name: DropOldAccountLinks :exec
DELETE FROM account_links WHERE expires_at < $1;

-- name: Attempts :many
SELECT * FROM attempts WHERE name = $1;

-- name: SetAttempts :exec
INSERT INTO attempts (name, failures, tried_at) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET failures = excluded.failures, tried_at = excluded.tried_at;

-- name: DropAttempts :exec
DELETE FROM attempts WHERE name = $1;

-- name: DropOldAttempts :exec
DELETE FROM attempts WHERE tried_at < $1;
