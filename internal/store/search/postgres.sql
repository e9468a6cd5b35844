-- The words alone: the text is in the events (https://www.postgresql.org/docs/current/textsearch.html).
ALTER TABLE searched ADD COLUMN IF NOT EXISTS words tsvector;
CREATE INDEX IF NOT EXISTS searched_words ON searched USING gin (words);
