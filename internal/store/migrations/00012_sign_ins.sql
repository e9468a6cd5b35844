-- +goose Up
-- Who has signed in, in which browser: a row for each. The browser's session names it by id; without the row nobody is signed in, so
-- that ending is deleting. session is the provider's own name of its session, "" where it has none. kept holds what the provider gave
-- for later, encrypted with the server's key. Times are milliseconds since 1970.
CREATE TABLE sign_ins (
    id           text NOT NULL PRIMARY KEY,
    provider     text NOT NULL,
    issuer       text NOT NULL,
    subject      text NOT NULL,
    session      text NOT NULL,
    name         text NOT NULL,
    email        text NOT NULL,
    member_of    text NOT NULL,
    browser      text NOT NULL,
    address      text NOT NULL,
    kept         text NOT NULL,
    begun_at     bigint NOT NULL,
    used_at      bigint NOT NULL,
    refreshed_at bigint NOT NULL
);
CREATE INDEX sign_ins_person ON sign_ins (issuer, subject, used_at);
CREATE INDEX sign_ins_session ON sign_ins (issuer, session) WHERE session <> '';
CREATE INDEX sign_ins_used ON sign_ins (used_at);
CREATE INDEX sign_ins_begun ON sign_ins (begun_at);

-- +goose Down
DROP TABLE sign_ins;
