-- +goose Up
-- What reading lines answered while a change was planned, encrypted: it is carried out with the same values. It goes when the plan was
-- applied, declined, withdrawn or has expired; expires_at is 0 where it waits for one of the others.
CREATE TABLE plan_answers (
    execution_id text NOT NULL PRIMARY KEY REFERENCES executions (id) ON DELETE CASCADE,
    run_id       text NOT NULL,
    expires_at   bigint NOT NULL,
    data         text NOT NULL
);
CREATE INDEX plan_answers_run ON plan_answers (run_id);
CREATE INDEX plan_answers_expire ON plan_answers (expires_at);

-- +goose Down
DROP TABLE plan_answers;
