-- name: World :one
SELECT revision, data FROM worlds WHERE name = $1 AND revision <> $2;

-- name: InsertWorld :execrows
INSERT INTO worlds (name, revision, updated_at, data) VALUES ($1, 1, $2, $3) ON CONFLICT (name) DO NOTHING;

-- name: ReplaceWorld :execrows
UPDATE worlds SET revision = revision + 1, updated_at = $3, data = $4 WHERE name = $1 AND revision = $2;
