-- The words alone: the text is in the events (https://www.sqlite.org/fts5.html, "contentless-delete tables").
CREATE VIRTUAL TABLE IF NOT EXISTS searched_words USING fts5(
    body, content='', contentless_delete=1, detail=none, prefix='2 3', tokenize='unicode61 remove_diacritics 0');
CREATE TRIGGER IF NOT EXISTS searched_gone AFTER DELETE ON searched BEGIN
    DELETE FROM searched_words WHERE rowid = old.id;
END;
