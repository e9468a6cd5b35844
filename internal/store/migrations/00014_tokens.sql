-- +goose Up
-- Tokens of programs, a row for each: without the row the token opens nothing, so that ending is deleting. secret is the SHA-256 of the
-- token, which is nowhere. verbs, environments and procedures are lists as JSON; made_for is who made it, as approvals keep people.
-- Times are milliseconds since 1970; used_at is 0 for never.
CREATE TABLE tokens (
    id           text NOT NULL PRIMARY KEY,
    secret       text NOT NULL UNIQUE,
    name         text NOT NULL UNIQUE,
    role         text NOT NULL,
    verbs        text NOT NULL,
    environments text NOT NULL,
    procedures   text NOT NULL,
    effects      text NOT NULL,
    made_by      text NOT NULL,
    made_for     text NOT NULL,
    made_at      bigint NOT NULL,
    expires_at   bigint NOT NULL,
    used_at      bigint NOT NULL,
    used_from    text NOT NULL
);

-- +goose Down
DROP TABLE tokens;
