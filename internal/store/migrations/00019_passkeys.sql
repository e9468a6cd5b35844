-- +goose Up
-- Passkeys of accounts: id is the credential's, public_key is SubjectPublicKeyInfo, both as base64. counter is the authenticator's, as it
-- was told last; challenged_at is when the newest challenge was made that was answered with it: one of then, or of before, counts no
-- more. Times are milliseconds since 1970.
CREATE TABLE passkeys (
    id            text NOT NULL PRIMARY KEY,
    account_id    text NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name          text NOT NULL,
    public_key    text NOT NULL,
    counter       bigint NOT NULL,
    challenged_at bigint NOT NULL,
    made_at       bigint NOT NULL,
    used_at       bigint NOT NULL
);
CREATE INDEX passkeys_account ON passkeys (account_id, made_at);

-- +goose Down
DROP TABLE passkeys;
