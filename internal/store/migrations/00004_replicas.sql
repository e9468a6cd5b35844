-- +goose Up
-- Which process carries an execution out, who asked to stop it, and which execution it waits for because both change
-- the same.
ALTER TABLE executions ADD COLUMN replica text NOT NULL DEFAULT '';
ALTER TABLE executions ADD COLUMN cancelled boolean NOT NULL DEFAULT false;
ALTER TABLE executions ADD COLUMN cancelled_by text NOT NULL DEFAULT '';
ALTER TABLE executions ADD COLUMN waits_for text NOT NULL DEFAULT '';
CREATE INDEX executions_waits ON executions (waits_for) WHERE waits_for <> '';

-- What is being changed, and by which execution.
CREATE TABLE resources (
    environment  text NOT NULL,
    resource     text NOT NULL,
    execution_id text NOT NULL REFERENCES executions (id) ON DELETE CASCADE,
    PRIMARY KEY (environment, resource)
);
CREATE INDEX resources_execution ON resources (execution_id);

-- +goose Down
DROP TABLE resources;
DROP INDEX executions_waits;
ALTER TABLE executions DROP COLUMN waits_for;
ALTER TABLE executions DROP COLUMN cancelled_by;
ALTER TABLE executions DROP COLUMN cancelled;
ALTER TABLE executions DROP COLUMN replica;
