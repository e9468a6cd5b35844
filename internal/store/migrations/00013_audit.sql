-- +goose Up
-- Who did what, in a chain: see package audit. audit_pending is what was recorded in the transaction of what it tells, and has no place in
-- the chain yet; audit_head is the last entry that has, one row that is locked by whoever adds more. who and body are empty where the
-- text was erased. No retention deletes any of it.
CREATE TABLE audit_pending (
    id          text NOT NULL PRIMARY KEY,
    at          bigint NOT NULL,
    kind        text NOT NULL,
    result      text NOT NULL,
    environment text NOT NULL,
    procedure   text NOT NULL,
    run         text NOT NULL,
    who         text NOT NULL,
    body        text NOT NULL,
    digest      text NOT NULL
);
CREATE TABLE audit (
    number      bigint NOT NULL PRIMARY KEY,
    at          bigint NOT NULL,
    kind        text NOT NULL,
    result      text NOT NULL,
    environment text NOT NULL,
    procedure   text NOT NULL,
    run         text NOT NULL,
    who         text NOT NULL,
    body        text NOT NULL,
    digest      text NOT NULL,
    previous    text NOT NULL,
    hash        text NOT NULL
);
CREATE TABLE audit_head (
    one    bigint NOT NULL PRIMARY KEY,
    number bigint NOT NULL,
    hash   text NOT NULL
);

-- +goose Down
DROP TABLE audit_head;
DROP TABLE audit;
DROP TABLE audit_pending;
