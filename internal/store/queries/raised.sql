-- name: InsertRaised :exec
INSERT INTO raised (id, issuer, subject, email, name, reason, begun_at, until_at, ended_at, ended_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, '');

-- name: Raised :many
SELECT * FROM raised WHERE ended_at = 0 ORDER BY begun_at, id;

-- name: EndRaised :execrows
UPDATE raised SET ended_at = $2, ended_by = $3 WHERE id = $1 AND ended_at = 0;
