-- name: KeepRun :execrows
UPDATE runs SET kept = $2 WHERE id = $1;

-- name: OldRuns :many
SELECT id FROM runs WHERE state = 'finished' AND NOT kept AND finished_at < $1 ORDER BY finished_at LIMIT $2;

-- name: ManyRuns :many
SELECT ranked.id FROM (
    SELECT id, started_at, row_number() OVER (PARTITION BY environment, procedure_id ORDER BY started_at DESC, id DESC) AS place
    FROM runs WHERE state = 'finished' AND NOT kept) AS ranked
WHERE ranked.place > CAST(sqlc.arg(most) AS bigint) ORDER BY ranked.started_at LIMIT $1;

-- name: DeleteRun :execrows
DELETE FROM runs WHERE id = $1 AND state = 'finished' AND NOT kept;

-- name: DropTexts :exec
DELETE FROM texts WHERE NOT EXISTS (SELECT 1 FROM runs WHERE runs.text_digest = texts.digest);
