-- +goose Up
-- The world of the simulated account, as JSON that says its version. revision counts its changes.
CREATE TABLE worlds (
    name       text PRIMARY KEY,
    revision   bigint NOT NULL,
    updated_at bigint NOT NULL,
    data       text NOT NULL
);

-- +goose Down
DROP TABLE worlds;
