-- +goose Up
-- Whether all calls of a changing execution were made: what follows only reads. And which execution one is the way back of.
ALTER TABLE executions ADD COLUMN carried boolean NOT NULL DEFAULT false;
ALTER TABLE executions ADD COLUMN undoes text NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE executions DROP COLUMN undoes;
ALTER TABLE executions DROP COLUMN carried;
