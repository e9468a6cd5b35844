-- +goose Up
-- When a finished run was opened again, 0 for never: what its steps had set before is gone.
ALTER TABLE runs ADD COLUMN reopened_at bigint NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE runs DROP COLUMN reopened_at;
