-- +goose Up
-- Which parts of journals search finds: events of one run from a number to another, with the step that they are of. Their words are in an
-- index of the database's own kind, see search/. It is made of the events, and made again where it is lost: no backup has it.
CREATE TABLE searched (
    id     bigint NOT NULL PRIMARY KEY,
    run_id text NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step   text NOT NULL,
    begins bigint NOT NULL,
    ends   bigint NOT NULL
);
CREATE INDEX searched_run ON searched (run_id);

-- Up to which event each run is in it.
CREATE TABLE searched_runs (
    run_id text NOT NULL PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    ends   bigint NOT NULL
);

-- +goose Down
DROP TABLE searched_runs;
DROP TABLE searched;
