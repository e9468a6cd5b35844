-- +goose Up
-- Which replica sends a stream of the audit log, and until when nobody else does. Times are milliseconds since 1970.
ALTER TABLE audit_streams ADD COLUMN holder text NOT NULL DEFAULT '';
ALTER TABLE audit_streams ADD COLUMN held_until bigint NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE audit_streams DROP COLUMN held_until;
ALTER TABLE audit_streams DROP COLUMN holder;
