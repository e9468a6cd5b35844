-- +goose Up
-- The newest run of each procedure, the newest runs of all, when each was finished last: each read from an index's end.
DROP INDEX runs_history;
CREATE INDEX runs_of_procedure ON runs (environment, procedure_id, started_at, id);
CREATE INDEX runs_recent ON runs (environment, started_at, id);
CREATE INDEX runs_finished_of_procedure ON runs (environment, procedure_id, finished_at) WHERE state = 'finished';

-- Which runs share a text, so that the last one takes it along when it is deleted.
CREATE INDEX runs_text ON runs (text_digest);

-- Executions in a state are listed in the order in which they were asked for; planned ones only from a moment on.
DROP INDEX executions_state;
CREATE INDEX executions_state ON executions (state, asked_at, run_id, number);

-- What was planned before a moment is forgotten.
CREATE INDEX planned_at ON planned (planned_at);
CREATE INDEX planned_of_procedure ON planned (environment, procedure_id, planned_at);

-- +goose Down
DROP INDEX planned_of_procedure;
DROP INDEX planned_at;
DROP INDEX executions_state;
CREATE INDEX executions_state ON executions (state);
DROP INDEX runs_text;
DROP INDEX runs_finished_of_procedure;
DROP INDEX runs_recent;
DROP INDEX runs_of_procedure;
CREATE INDEX runs_history ON runs (environment, procedure_id, started_at);
