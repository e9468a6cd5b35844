-- +goose Up
-- What is told to people who look at no page: a row for each alert and each notification of opsbook.yaml that takes it, written in the
-- transaction of what it tells. alert has names and times; message is what is sent, from the first attempt on. A row waits until due_at,
-- and is delivered, dropped (there is nothing to tell any more) or given up. topic is of what may come many times, "" for the others.
CREATE TABLE outbox (
    id         text NOT NULL PRIMARY KEY,
    target     text NOT NULL,
    topic      text NOT NULL,
    alert      text NOT NULL,
    message    text NOT NULL,
    state      text NOT NULL,
    attempts   bigint NOT NULL,
    error      text NOT NULL,
    created_at bigint NOT NULL,
    due_at     bigint NOT NULL,
    tried_at   bigint NOT NULL
);
CREATE INDEX outbox_waiting ON outbox (due_at) WHERE state = 'waiting';
CREATE INDEX outbox_troubled ON outbox (created_at) WHERE error <> '';
CREATE INDEX outbox_topic ON outbox (topic, target, created_at) WHERE topic <> '';
CREATE INDEX outbox_created ON outbox (created_at);

-- +goose Down
DROP TABLE outbox;
