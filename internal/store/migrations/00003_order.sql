-- +goose Up
-- Executions of a run are in the order of a number that is given in the transaction which asks for them: two may be
-- of one millisecond.
ALTER TABLE executions ADD COLUMN number bigint NOT NULL DEFAULT 0;
UPDATE executions SET number = (SELECT count(*) FROM executions AS before WHERE before.run_id = executions.run_id
    AND (before.asked_at < executions.asked_at OR before.asked_at = executions.asked_at AND before.id <= executions.id));
DROP INDEX executions_run;
CREATE UNIQUE INDEX executions_order ON executions (run_id, number);

-- +goose Down
DROP INDEX executions_order;
CREATE INDEX executions_run ON executions (run_id, asked_at);
ALTER TABLE executions DROP COLUMN number;
