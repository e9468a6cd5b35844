package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"math"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store/database"
)

// searchIndexes are the two databases' own indexes of words. Their statements may be run again.
//
//go:embed search/*.sql
var searchIndexes embed.FS

// searchVersion is the version of the tables from which on there is an index of words.
const searchVersion = 15

// makeSearchIndex makes the index of words where it is not there.
func (db *DB) makeSearchIndex(ctx context.Context) error {
	name := "search/sqlite.sql"
	if db.writers != nil {
		name = "search/postgres.sql"
	}
	statements, err := searchIndexes.ReadFile(name)
	if err != nil {
		return err
	}
	return db.Alone(ctx, func() error {
		_, err := db.write.ExecContext(ctx, string(statements))
		return explain("make the index of words", err)
	})
}

// Unindexed returns runs whose journals have gone on since they were indexed, the newest first; at most limit. It reads all runs.
func (db *DB) Unindexed(ctx context.Context, limit int) ([]procedures.Unindexed, error) {
	rows, err := db.reading().Unindexed(ctx, int32(min(limit, 1000)))
	if err != nil {
		return nil, explain("read which runs are to be indexed", err)
	}
	out := make([]procedures.Unindexed, 0, len(rows))
	for _, row := range rows {
		out = append(out, procedures.Unindexed{Run: row.ID, Done: row.Ends, Newest: row.Last})
	}
	return out, nil
}

// IndexedTo returns up to which event a run is indexed. A run that is not there any more has nothing to be indexed.
func (db *DB) IndexedTo(ctx context.Context, run string) (procedures.Unindexed, error) {
	row, err := db.reading().IndexedTo(ctx, run)
	if errors.Is(err, sql.ErrNoRows) {
		return procedures.Unindexed{Run: run}, nil
	}
	return procedures.Unindexed{Run: run, Done: row.Ends, Newest: row.Last}, explain("read what is indexed", err)
}

// Index adds parts of a run's journal to what search finds, which is indexed up to an event then. Where another process was first, or the
// run is gone, nothing happens.
func (db *DB) Index(ctx context.Context, u procedures.Unindexed, parts []procedures.Indexed, to int64) error {
	return db.Update(ctx, func(tx procedures.Tx) error {
		if err := db.Lock(ctx, tx, "search"); err != nil { // parts are numbered
			return err
		}
		now, err := in(tx).IndexedTo(ctx, u.Run)
		if errors.Is(err, sql.ErrNoRows) || err == nil && now.Ends != u.Done {
			return nil
		}
		if err != nil {
			return explain("read what is indexed", err)
		}
		id, err := in(tx).NewestIndexed(ctx)
		if err != nil {
			return explain("read what is indexed", err)
		}
		for _, part := range parts {
			id++
			if err := in(tx).InsertSearched(ctx, database.InsertSearchedParams{
				ID: id, RunID: u.Run, Step: text(part.Step), Begins: part.First, Ends: part.Last,
			}); err != nil {
				return explain("index a run", err)
			}
			if err := db.indexWords(ctx, tx, id, part.Words); err != nil {
				return err
			}
		}
		return explain("index a run", in(tx).SetIndexedTo(ctx, database.SetIndexedToParams{RunID: u.Run, Ends: to}))
	})
}

// indexWords adds the words of a part.
func (db *DB) indexWords(ctx context.Context, tx procedures.Tx, id int64, words []string) error {
	statement := "INSERT INTO searched_words (rowid, body) VALUES ($1, $2)"
	if db.writers != nil { // words are not read by PostgreSQL's parser, which would take addresses and numbers apart in its own way
		statement = "UPDATE searched SET words = array_to_tsvector(string_to_array($2, ' ')) WHERE id = $1"
	}
	_, err := on(tx).ExecContext(ctx, statement, id, strings.Join(words, " "))
	return explain("index a run", err)
}

// The queries of Search: the newest parts first, so that a word that is everywhere costs no more than a rare one.
const (
	searchSQLite = `SELECT s.id, s.step, s.begins, s.ends, r.id, r.procedure_id, r.title, r.environment, r.state, r.verdict, r.started_by,
	r.started_at
FROM searched_words AS w CROSS JOIN searched AS s ON s.id = w.rowid JOIN runs AS r ON r.id = s.run_id
WHERE w.searched_words MATCH $1 AND w.rowid < $2 ORDER BY w.rowid DESC LIMIT $3`
	searchPostgres = `SELECT s.id, s.step, s.begins, s.ends, r.id, r.procedure_id, r.title, r.environment, r.state, r.verdict, r.started_by,
	r.started_at
FROM searched AS s JOIN runs AS r ON r.id = s.run_id
WHERE s.words @@ CAST(CAST($1 AS text) AS tsquery) AND s.id < $2 ORDER BY s.id DESC LIMIT $3`
)

// Search returns the parts of journals that have a word beginning with each of some words, as procedures.Words has them; the newest first,
// those with a smaller id than before (0 for all), at most limit.
func (db *DB) Search(ctx context.Context, words []string, before int64, limit int) ([]procedures.Hit, error) {
	if len(words) == 0 {
		return nil, nil
	}
	if before == 0 {
		before = math.MaxInt64
	}
	query, terms, and := searchSQLite, make([]string, len(words)), " AND "
	for i, word := range words { // they are letters and digits
		terms[i] = `"` + word + `"*`
	}
	if db.readers != nil {
		query, and = searchPostgres, " & "
		for i, word := range words {
			terms[i] = "'" + word + "':*"
		}
	}
	rows, err := db.read.QueryContext(ctx, query, strings.Join(terms, and), before, limit)
	if err != nil {
		return nil, explain("search", err)
	}
	var out []procedures.Hit
	err = each(rows, func() error {
		h, began := procedures.Hit{Run: &procedures.Run{}}, int64(0)
		if err := rows.Scan(&h.ID, &h.Step, &h.First, &h.Last, &h.Run.ID, &h.Run.Procedure, &h.Run.Title, &h.Run.Environment, &h.Run.State,
			&h.Run.Verdict, &h.Run.StartedBy, &began); err != nil {
			return err
		}
		h.Run.StartedAt = instant(began)
		out = append(out, h)
		return nil
	})
	return out, explain("search", err)
}
