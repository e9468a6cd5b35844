package store

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store/database"
)

// askedTogether is how many procedures a query is given: each part of what it is given is found from the beginning.
const askedTogether = 100

// given are ids as queries take them: one text of parts that are equally wide, in characters.
type given struct {
	parts        string
	width, count int64
}

// parted calls ask with ids, some at a time.
func parted(ids []string, ask func(given) error) error {
	for some := range slices.Chunk(ids, askedTogether) {
		width := 0
		for _, id := range some {
			width = max(width, utf8.RuneCountInString(id))
		}
		var parts strings.Builder
		for _, id := range some {
			parts.WriteString(id)
			parts.WriteString(strings.Repeat(" ", width-utf8.RuneCountInString(id)))
		}
		if err := ask(given{parts.String(), int64(width), int64(len(some))}); err != nil {
			return err
		}
	}
	return nil
}

// RecentVerdicts returns what the newest runs of procedures came to, at most so many of each, by its id, the newest first. It reads
// those runs and no others.
func (db *DB) RecentVerdicts(
	ctx context.Context, environment string, ids []string, most int,
) (map[string][]procedures.Verdict, error) {
	out := make(map[string][]procedures.Verdict, len(ids))
	err := parted(ids, func(g given) error {
		rows, err := db.reading().RecentVerdicts(ctx, database.RecentVerdictsParams{
			Environment: environment, Most: int32(min(most, 1000)), Parts: g.parts, Width: g.width, Count: g.count,
		})
		for _, row := range rows {
			if row.Verdicts == "-" { // it was never run
				continue
			}
			for verdict := range strings.SplitSeq(row.Verdicts, ",") {
				out[row.ProcedureID] = append(out[row.ProcedureID], procedures.Verdict(verdict))
			}
		}
		return explain("read runs", err)
	})
	return out, err
}

// LastPlanned returns what became of the newest planned time of each of some procedures, by its id.
func (db *DB) LastPlanned(ctx context.Context, environment string, ids []string) (map[string]procedures.Scheduled, error) {
	out := make(map[string]procedures.Scheduled, len(ids))
	err := parted(ids, func(g given) error {
		rows, err := db.reading().LastPlanned(ctx, database.LastPlannedParams{
			Environment: environment, Parts: g.parts, Width: g.width, Count: g.count,
		})
		for _, row := range rows {
			out[row.ProcedureID] = procedures.Scheduled{
				Procedure: row.ProcedureID, Environment: row.Environment, At: instant(row.PlannedAt), Run: row.RunID, Reason: row.Reason,
			}
		}
		return explain("read what was planned", err)
	})
	return out, err
}

// LastFinished returns when a run of each of some procedures was finished last, by its id.
func (db *DB) LastFinished(ctx context.Context, environment string, ids []string) (map[string]time.Time, error) {
	out := make(map[string]time.Time, len(ids))
	err := parted(ids, func(g given) error {
		rows, err := db.reading().LastFinished(ctx, database.LastFinishedParams{
			Environment: environment, Parts: g.parts, Width: g.width, Count: g.count,
		})
		for _, row := range rows {
			if row.FinishedAt > 0 {
				out[row.ProcedureID] = instant(row.FinishedAt)
			}
		}
		return explain("read what was finished", err)
	})
	return out, err
}

// RunsBefore returns the runs of all procedures that began before one did, the newest first. That one began at a time and has an id;
// the zero time is that of a run yet to come.
func (db *DB) RunsBefore(ctx context.Context, environment string, began time.Time, id string, limit int) ([]*procedures.Run, error) {
	before := int64(math.MaxInt64)
	if !began.IsZero() {
		before = millis(began)
	}
	rows, err := db.reading().RecentRuns(ctx, database.RecentRunsParams{
		Environment: environment, Began: before, Than: id, Limit: int32(min(limit, 1000)),
	})
	return runsOf(rows, err)
}
