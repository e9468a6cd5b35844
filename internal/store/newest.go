package store

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
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

// together calls ask with the names of procedures, some at a time; each has one or several. of is the first of those that a name is
// among.
func together(names [][]string, ask func(given) error) (of map[string]string, err error) {
	of = make(map[string]string, len(names))
	all := make([]string, 0, len(names))
	for _, list := range names {
		for _, name := range list {
			all, of[name] = append(all, name), list[0]
		}
	}
	return of, parted(all, ask)
}

// RecentVerdicts returns what the newest runs of procedures came to, at most so many of each, the newest first. names are those under
// which there may be runs of each; the verdicts are by the first of them. It reads those runs and no others.
func (db *DB) RecentVerdicts(
	ctx context.Context, environment string, names [][]string, most int,
) (map[string][]procedures.Verdict, error) {
	type recent struct {
		at      int64
		id      string
		verdict procedures.Verdict
	}
	found := make(map[string][]recent, len(names))
	of, err := together(names, func(g given) error {
		rows, err := db.reading().RecentVerdicts(ctx, database.RecentVerdictsParams{
			Environment: environment, Most: int32(min(most, 1000)), Parts: g.parts, Width: g.width, Count: g.count,
		})
		for _, row := range rows {
			if row.Verdicts == "-" { // it was never run
				continue
			}
			for one := range strings.SplitSeq(row.Verdicts, ",") {
				began, rest, _ := strings.Cut(one, " ")
				id, verdict, _ := strings.Cut(rest, " ")
				at, err := strconv.ParseInt(began, 10, 64)
				if err != nil {
					return fmt.Errorf("read runs: %w", err)
				}
				found[row.ProcedureID] = append(found[row.ProcedureID], recent{at, id, procedures.Verdict(verdict)})
			}
		}
		return explain("read runs", err)
	})
	if err != nil {
		return nil, err
	}
	all := make(map[string][]recent, len(names))
	for name, list := range found {
		all[of[name]] = append(all[of[name]], list...)
	}
	out := make(map[string][]procedures.Verdict, len(all))
	for id, list := range all {
		slices.SortFunc(list, func(a, b recent) int { return cmp.Or(cmp.Compare(b.at, a.at), cmp.Compare(b.id, a.id)) })
		for _, one := range list[:min(most, len(list))] {
			out[id] = append(out[id], one.verdict)
		}
	}
	return out, nil
}

// LastPlanned returns what became of the newest planned time of each of some procedures, by the first of its names.
func (db *DB) LastPlanned(ctx context.Context, environment string, names [][]string) (map[string]procedures.Scheduled, error) {
	var found []procedures.Scheduled
	of, err := together(names, func(g given) error {
		rows, err := db.reading().LastPlanned(ctx, database.LastPlannedParams{
			Environment: environment, Parts: g.parts, Width: g.width, Count: g.count,
		})
		for _, row := range rows {
			found = append(found, procedures.Scheduled{
				Procedure: row.ProcedureID, Environment: row.Environment, At: instant(row.PlannedAt), Run: row.RunID, Reason: row.Reason,
			})
		}
		return explain("read what was planned", err)
	})
	out := make(map[string]procedures.Scheduled, len(found))
	for _, planned := range found {
		planned.Procedure = of[planned.Procedure]
		if last, ok := out[planned.Procedure]; !ok || planned.At.After(last.At) {
			out[planned.Procedure] = planned
		}
	}
	return out, err
}

// LastFinished returns when a run of each of some procedures was finished last, by the first of its names.
func (db *DB) LastFinished(ctx context.Context, environment string, names [][]string) (map[string]time.Time, error) {
	found := map[string]time.Time{}
	of, err := together(names, func(g given) error {
		rows, err := db.reading().LastFinished(ctx, database.LastFinishedParams{
			Environment: environment, Parts: g.parts, Width: g.width, Count: g.count,
		})
		for _, row := range rows {
			if row.FinishedAt > 0 {
				found[row.ProcedureID] = instant(row.FinishedAt)
			}
		}
		return explain("read what was finished", err)
	})
	out := make(map[string]time.Time, len(found))
	for name, at := range found {
		if at.After(out[of[name]]) {
			out[of[name]] = at
		}
	}
	return out, err
}

// RunsBefore returns the runs that began before one did, the newest first: those of a procedure by the names under which there may be
// some, or of all where there are none. That one began at a time and has an id; the zero time is that of a run yet to come.
func (db *DB) RunsBefore(
	ctx context.Context, environment string, began time.Time, id string, limit int, names ...string,
) ([]*procedures.Run, error) {
	before := int64(math.MaxInt64)
	if !began.IsZero() {
		before = millis(began)
	}
	if len(names) > 0 {
		return newestOf(names, limit, func(name string) ([]*procedures.Run, error) {
			rows, err := db.reading().RunsOfProcedureBefore(ctx, database.RunsOfProcedureBeforeParams{
				Environment: environment, ProcedureID: name, Began: before, Than: id, Limit: int32(min(limit, 1000)),
			})
			return runsOf(rows, err)
		})
	}
	rows, err := db.reading().RecentRuns(ctx, database.RecentRunsParams{
		Environment: environment, Began: before, Than: id, Limit: int32(min(limit, 1000)),
	})
	return runsOf(rows, err)
}

// newestOf merges the runs that there are under several names, the newest first.
func newestOf(names []string, limit int, read func(name string) ([]*procedures.Run, error)) ([]*procedures.Run, error) {
	var all []*procedures.Run
	for _, name := range names {
		list, err := read(name)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	if len(names) > 1 {
		slices.SortStableFunc(all, func(a, b *procedures.Run) int {
			return cmp.Or(b.StartedAt.Compare(a.StartedAt), cmp.Compare(b.ID, a.ID))
		})
	}
	return all[:min(limit, len(all))], nil
}

// ChangesOfRuns returns how many executions of each of some runs have applied changes; runs without any are left out.
func (db *DB) ChangesOfRuns(ctx context.Context, ids []string) (map[string]int, error) {
	out := map[string]int{}
	return out, parted(ids, func(g given) error {
		rows, err := db.reading().ChangesOfRuns(ctx, database.ChangesOfRunsParams{Parts: g.parts, Width: g.width, Count: g.count})
		for _, row := range rows {
			if row.Changes > 0 {
				out[row.RunID] = int(row.Changes)
			}
		}
		return explain("count the changes of runs", err)
	})
}
