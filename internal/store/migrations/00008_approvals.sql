-- +goose Up
-- Who asked for another person's yes to a planned execution, and who gave it or did not. A person answers once.
CREATE TABLE approvals (
    execution_id text NOT NULL REFERENCES executions (id) ON DELETE CASCADE,
    person       text NOT NULL,
    name         text NOT NULL,
    answer       text NOT NULL,
    reason       text NOT NULL,
    at           bigint NOT NULL,
    digest       text NOT NULL,
    PRIMARY KEY (execution_id, person)
);

-- +goose Down
DROP TABLE approvals;
