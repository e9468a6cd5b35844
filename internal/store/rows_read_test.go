package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
	"github.com/opsbook/opsbook/internal/store/storetest"
)

// plan is a node of a plan that was carried out.
type plan struct {
	Kind    string  `json:"Node Type"`
	Of      string  `json:"Relation Name"`
	Rows    float64 `json:"Actual Rows"`
	Loops   float64 `json:"Actual Loops"`
	Removed float64 `json:"Rows Removed by Filter"`
	Plans   []plan  `json:"Plans"`
}

// read is how many rows of tables and indexes the plan read.
func (p plan) read() float64 {
	n := 0.0
	if p.Of != "" {
		n = (p.Rows + p.Removed) * p.Loops
	}
	for _, below := range p.Plans {
		n += below.read()
	}
	return n
}

// TestWhatIsListedReadsNoMoreWithMoreRuns carries out what the home page and the page of runs ask for with few and with many runs of
// each procedure, and with few and many procedures: as many rows are read.
func TestWhatIsListedReadsNoMoreWithMoreRuns(t *testing.T) {
	address := storetest.Migrated(t)
	db := storetest.Opened(t, func(ctx context.Context) (*store.DB, error) { return store.Connect(ctx, address) })
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	// Without these small tables are read whole, as that is quicker.
	for _, set := range []string{"enable_seqscan", "enable_bitmapscan", "enable_sort"} {
		if _, err := conn.Exec(t.Context(), "SET "+set+" = off"); err != nil {
			t.Fatal(err)
		}
	}
	began, made := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), 0
	fill := func(of, each int) {
		update(t, db, func(tx procedures.Tx) error {
			for i := range of * each {
				at := began.Add(time.Duration(made) * time.Minute)
				r := &procedures.Run{
					ID: fmt.Sprintf("run%06d", made), Procedure: fmt.Sprintf("p%03d", i%of), Title: "Check", Digest: "d",
					Environment: "prod", State: procedures.RunFinished, Verdict: procedures.Passed,
					StartedAt: at, UpdatedAt: at, FinishedAt: at,
				}
				made++
				planned := procedures.Scheduled{Procedure: r.Procedure, Environment: r.Environment, At: at, Run: r.ID}
				if err := db.InsertRun(t.Context(), tx, r, "book.md"); err != nil {
					return err
				}
				if err := db.RecordPlanned(t.Context(), tx, planned); err != nil {
					return err
				}
			}
			return nil
		})
		if _, err := conn.Exec(t.Context(), "ANALYZE"); err != nil {
			t.Fatal(err)
		}
	}
	values := map[string]string{
		"RecentVerdicts": "'p001p003p004', 4, 4, 3, 'prod', 10", "LastPlanned": "'p001p003p004', 4, 4, 3, 'prod', 'prod'",
		"LastFinished": "'p001p003p004', 4, 4, 3, 'prod'", "RecentRuns": "'prod', 20, 9223372036854775807, 9223372036854775807, ''",
		"RunsOfProcedure":       "'prod', 'p001', 14",
		"RunsOfProcedureBefore": "'prod', 'p001', 14, 9223372036854775807, 9223372036854775807, ''",
	}
	reads := func() map[string]float64 {
		out := map[string]float64{}
		for _, q := range queries(t) {
			if values[q.name] == "" {
				continue
			}
			if _, err := conn.Exec(t.Context(), "PREPARE listed AS "+q.text); err != nil {
				t.Fatalf("%v\n%s", err, q.text)
			}
			var text string
			explain := "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) EXECUTE listed(" + values[q.name] + ")"
			if err := conn.QueryRow(t.Context(), explain).Scan(&text); err != nil {
				t.Fatalf("%v\n%s", err, q.text)
			}
			var plans []struct{ Plan plan }
			if err := json.NewDecoder(strings.NewReader(text)).Decode(&plans); err != nil {
				t.Fatal(err)
			}
			out[q.name] = plans[0].Plan.read()
			if _, err := conn.Exec(t.Context(), "DEALLOCATE listed"); err != nil {
				t.Fatal(err)
			}
		}
		return out
	}
	fill(10, 20)
	few := reads()
	fill(10, 200)
	fill(200, 10)
	many := reads()
	if len(few) != len(values) {
		t.Fatalf("queries %v, want those of %v", few, values)
	}
	for name, n := range few {
		if n == 0 || many[name] > n {
			t.Errorf("%s reads %g rows, and %g with eleven times as many runs", name, n, many[name])
		}
	}
}
