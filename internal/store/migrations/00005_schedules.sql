-- +goose Up
-- Until when the planned times of a procedure's schedule were looked at. Whoever moves it on begins what was due.
CREATE TABLE schedules (
    procedure_id text NOT NULL,
    environment  text NOT NULL,
    spec         text NOT NULL,
    checked_at   bigint NOT NULL,
    PRIMARY KEY (procedure_id, environment)
);

-- What became of each planned time: a run, or the reason why there is none.
CREATE TABLE planned (
    procedure_id text NOT NULL,
    environment  text NOT NULL,
    planned_at   bigint NOT NULL,
    run_id       text NOT NULL,
    reason       text NOT NULL,
    PRIMARY KEY (procedure_id, environment, planned_at)
);

-- A run that somebody keeps on purpose is not deleted with the old ones.
ALTER TABLE runs ADD COLUMN kept boolean NOT NULL DEFAULT false;
CREATE INDEX runs_finished ON runs (finished_at) WHERE state = 'finished';

-- +goose Down
DROP INDEX runs_finished;
ALTER TABLE runs DROP COLUMN kept;
DROP TABLE planned;
DROP TABLE schedules;
