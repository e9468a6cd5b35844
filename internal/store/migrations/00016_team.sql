-- +goose Up
-- Who has broken glass: whose effects are raised, why, and until when. ended_at is 0 while it lasts, and ended_by is empty where it ended by
-- itself. Times are milliseconds since 1970.
CREATE TABLE raised (
    id       text NOT NULL PRIMARY KEY,
    issuer   text NOT NULL,
    subject  text NOT NULL,
    email    text NOT NULL,
    name     text NOT NULL,
    reason   text NOT NULL,
    begun_at bigint NOT NULL,
    until_at bigint NOT NULL,
    ended_at bigint NOT NULL,
    ended_by text NOT NULL
);
CREATE INDEX raised_open ON raised (until_at) WHERE ended_at = 0;

-- The verified address of whoever answered: two accounts with one address are one person.
ALTER TABLE approvals ADD COLUMN email text NOT NULL DEFAULT '';

-- How far each stream of the audit log has come: the last entry that its receiver has, with its hash. sent_at is when that was; error is
-- why the newest attempt failed, empty where it did not, and failing_since is when that began.
CREATE TABLE audit_streams (
    name          text NOT NULL PRIMARY KEY,
    number        bigint NOT NULL,
    hash          text NOT NULL,
    sent_at       bigint NOT NULL,
    error         text NOT NULL,
    failing_since bigint NOT NULL
);

-- +goose Down
DROP TABLE audit_streams;
ALTER TABLE approvals DROP COLUMN email;
DROP TABLE raised;
