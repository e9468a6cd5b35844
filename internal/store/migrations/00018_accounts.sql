-- +goose Up
-- People whom the portal itself knows by a password. id is the person's subject, email is in lower case, member_of is a list as JSON,
-- password the hash with its parameters (argon2id), secret that of one-time codes, encrypted with the server's key, "" for none; step is
-- the last step of time of which a code was used. version grows with each change, over all accounts. Times are milliseconds since 1970,
-- 0 for never.
CREATE TABLE accounts (
    id          text NOT NULL PRIMARY KEY,
    email       text NOT NULL UNIQUE,
    name        text NOT NULL,
    member_of   text NOT NULL,
    password    text NOT NULL,
    secret      text NOT NULL,
    step        bigint NOT NULL,
    version     bigint NOT NULL,
    made_by     text NOT NULL,
    made_at     bigint NOT NULL,
    used_at     bigint NOT NULL,
    disabled_at bigint NOT NULL
);
CREATE INDEX accounts_version ON accounts (version);

-- Recovery codes, a row for each that was not used: hash is the SHA-256 of the account's id and the code.
CREATE TABLE account_codes (
    hash       text NOT NULL PRIMARY KEY,
    account_id text NOT NULL REFERENCES accounts (id) ON DELETE CASCADE
);
CREATE INDEX account_codes_account ON account_codes (account_id);

-- Links that count once: hash is the SHA-256 of what stands in the address, which is nowhere.
CREATE TABLE account_links (
    hash       text NOT NULL PRIMARY KEY,
    id         text NOT NULL UNIQUE,
    kind       text NOT NULL,
    email      text NOT NULL,
    member_of  text NOT NULL,
    account_id text NOT NULL,
    factors    boolean NOT NULL,
    made_by    text NOT NULL,
    made_for   text NOT NULL,
    made_at    bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX account_links_email ON account_links (email);
CREATE INDEX account_links_maker ON account_links (made_for);

-- How often signing in was tried of late, by whom: name is a hash of an address of the network or of an email address, of so few bits
-- that the table cannot grow without end.
CREATE TABLE attempts (
    name     text NOT NULL PRIMARY KEY,
    failures bigint NOT NULL,
    tried_at bigint NOT NULL
);
CREATE INDEX attempts_tried ON attempts (tried_at);

-- +goose Down
DROP TABLE attempts;
DROP TABLE account_links;
DROP TABLE account_codes;
DROP TABLE accounts;
