-- +goose Up
-- Columns are of types that SQLite and PostgreSQL both know; times are milliseconds since 1970, 0 for none.
CREATE TABLE texts (
    digest   text PRIMARY KEY,
    file     text NOT NULL,
    markdown text NOT NULL
);

CREATE TABLE runs (
    id            text PRIMARY KEY,
    procedure_id  text NOT NULL,
    title         text NOT NULL,
    digest        text NOT NULL,
    text_digest   text NOT NULL REFERENCES texts (digest),
    environment   text NOT NULL,
    account       text NOT NULL,
    state         text NOT NULL,
    verdict       text NOT NULL,
    started_by    text NOT NULL,
    started_at    bigint NOT NULL,
    updated_at    bigint NOT NULL,
    finished_at   bigint NOT NULL,
    last          bigint NOT NULL,
    parameters    text NOT NULL
);

-- One open run of a procedure in an environment.
CREATE UNIQUE INDEX runs_open ON runs (procedure_id, environment) WHERE state = 'open';
CREATE INDEX runs_history ON runs (environment, procedure_id, started_at);

CREATE TABLE events (
    run_id text NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    number bigint NOT NULL,
    event  text NOT NULL,
    PRIMARY KEY (run_id, number)
);

CREATE TABLE executions (
    id          text PRIMARY KEY,
    run_id      text NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step        text NOT NULL,
    state       text NOT NULL,
    effect      text NOT NULL,
    press_key   text NOT NULL,
    asked_at    bigint NOT NULL,
    finished_at bigint NOT NULL,
    verdict     text NOT NULL,
    detail      text NOT NULL
);

-- One execution of a step at a time, and one for a press however often it is sent.
CREATE UNIQUE INDEX executions_active ON executions (run_id, step) WHERE state IN ('waiting', 'running');
CREATE UNIQUE INDEX executions_key ON executions (press_key) WHERE press_key <> '';
CREATE INDEX executions_run ON executions (run_id, asked_at);
CREATE INDEX executions_state ON executions (state);

-- What a run's next step needs: its variables ("state") and the files it wrote ("file/NAME"), encrypted.
CREATE TABLE belongings (
    run_id text NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    name   text NOT NULL,
    data   text NOT NULL,
    PRIMARY KEY (run_id, name)
);

-- Sessions of the browser, as scs's stores for both databases want them.
CREATE TABLE sessions (
    token  text PRIMARY KEY,
    data   bytea NOT NULL,
    expiry timestamptz NOT NULL
);
CREATE INDEX sessions_expiry ON sessions (expiry);

-- +goose Down
DROP TABLE sessions;
DROP TABLE belongings;
DROP TABLE executions;
DROP TABLE events;
DROP TABLE runs;
DROP TABLE texts;
