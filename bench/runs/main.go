// Command runs measures many runs at the same time, each of another procedure: how soon
// after its press a step starts, how many calls are made in a second, and whether anything
// of one run is found in another. It also presses one step again and again, each time after
// the last has ended, which is what a person waits for when nobody else is there.
//
//	go run ./bench/runs [-runs N] [-database postgres://…]
//
// What is measured is read from the journals afterwards. With -database, which has to be an
// empty one, PostgreSQL is measured after SQLite.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/opsbook/opsbook/bench/process"
	"github.com/opsbook/opsbook/bench/report"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
)

const (
	callsOfRun = 5
	alone      = 50 // presses, one after another
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "runs:", err)
		os.Exit(1)
	}
}

// runbook has a procedure for each run, and one, number 0, that is pressed alone. Each
// prints a mark of its own, callsOfRun times.
func runbook(runs int) string {
	var b strings.Builder
	b.WriteString("# Bench\n")
	for i := -1; i < runs; i++ {
		fmt.Fprintf(&b,
			"\n## Run %d\n\n```bash\n# Ask\nfor i in $(seq %d); do\n  aws dynamodb describe-table --table-name "+
				"network-visualizer-topology --query \"[Table.TableStatus,'%s']\" --output text\ndone\n```\n", i+1, callsOfRun, mark(i+1))
	}
	return b.String()
}

// mark ends with a hyphen, so that no mark is the beginning of another.
func mark(i int) string { return fmt.Sprintf("mark-%d-", i) }

// procedure is the id of a run's procedure, as the library makes it of file and heading.
func procedure(i int) string { return fmt.Sprintf("bench/run-%d", i) }

// run measures SQLite, then the database that is named, and prints the table.
func run(ctx context.Context) error {
	runs := flag.Int("runs", 200, "runs at the same time")
	database := flag.String("database", "", "an empty PostgreSQL database that is measured too: postgres://…")
	flag.Parse()
	dir, err := os.MkdirTemp("", "opsbook-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	rows := [][]string{{"from the press to the start", "median", "p99", "calls a second", "outputs in another's run"}}
	for _, database := range []string{"", *database} {
		name := "SQLite"
		if database != "" {
			name = "PostgreSQL"
		} else if len(rows) > 1 {
			break
		}
		m, err := measure(ctx, filepath.Join(dir, name), database, *runs)
		if err != nil {
			return err
		}
		rows = append(rows,
			[]string{
				name + ", one after another", report.Time(report.Median(m.alone)),
				report.Time(report.Percentile(m.alone, 0.99)), "", strconv.Itoa(m.crossedAlone),
			},
			[]string{
				fmt.Sprintf("%s, %d at once", name, *runs), report.Time(report.Median(m.together)),
				report.Time(report.Percentile(m.together, 0.99)), fmt.Sprintf("%.0f", m.rate), strconv.Itoa(m.crossed),
			},
		)
	}
	fmt.Printf("%d runs of %d calls each; %s\n\n", *runs, callsOfRun, report.Machine())
	return report.Table(os.Stdout, rows)
}

// measured is what one database did. Times are from before the press's request until its
// step had started, by the journal.
type measured struct {
	alone, together       []time.Duration
	rate                  float64 // calls a second, from the first press to the last end
	crossed, crossedAlone int     // outputs that are not the run's own
}

// measure presses in a server of its own, stops it, and reads the journals from its database.
func measure(ctx context.Context, dir, database string, runs int) (m measured, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return m, err
	}
	portal, err := process.Build(ctx, dir, runbook(runs))
	if err != nil {
		return m, err
	}
	s, err := portal.Start(ctx, database)
	if err != nil {
		return m, err
	}
	press := func(i, n int) (time.Time, error) {
		at := time.Now()
		form := url.Values{"procedure": {procedure(i)}, "environment": {"sandbox"}, "as": {"bench"}}
		return at, process.Post(ctx, http.DefaultClient, fmt.Sprintf("%s/press?step=ask&key=runs-%d-%d", s.Address, i, n), form)
	}
	// Index 0 is the procedure that is pressed alone.
	pressed := make([][]time.Time, runs+1) // for each procedure, when
	// Each press waits for the last to end: a step runs once at a time.
	for n := range alone + 1 {
		at, err := press(0, n)
		if err != nil {
			return m, errors.Join(err, s.Stop())
		}
		pressed[0] = append(pressed[0], at)
		if err := ended(ctx, s.Address, n+1); err != nil {
			return m, errors.Join(err, s.Stop())
		}
	}
	var group errgroup.Group
	for i := range runs {
		group.Go(func() error {
			at, err := press(i+1, 0)
			pressed[i+1] = []time.Time{at}
			return err
		})
	}
	err = group.Wait()
	if err == nil {
		err = ended(ctx, s.Address, alone+1+runs)
	}
	if err := errors.Join(err, s.Stop()); err != nil {
		return m, err
	}
	return m, m.read(ctx, portal.Data(), database, pressed)
}

// ended waits until so many steps have ended since the server was started, for two minutes
// at most.
func ended(ctx context.Context, address string, steps int) error {
	deadline := time.Now().Add(2 * time.Minute)
	for time.Now().Before(deadline) {
		n, err := stepsOf(ctx, address)
		if err != nil || n >= steps {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
	return fmt.Errorf("%d steps had not ended after two minutes", steps)
}

// stepsOf is how many steps have ended, by the server's own count: asking for pages would
// load it more.
func stepsOf(ctx context.Context, address string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/metrics", http.NoBody)
	if err != nil {
		return 0, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	sum := 0
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), "opsbook_steps_total{"); ok {
			n, err := strconv.Atoi(rest[strings.LastIndexByte(rest, ' ')+1:])
			if err != nil {
				return 0, err
			}
			sum += n
		}
	}
	return sum, lines.Err()
}

// read takes the times from the journals. It also checks that each press was executed
// exactly once and printed all of its lines: what was lost is not fast.
func (m *measured) read(ctx context.Context, folder, database string, pressed [][]time.Time) error {
	open := func() (*store.DB, error) { return store.Open(ctx, folder) }
	if database != "" {
		open = func() (*store.DB, error) { return store.Connect(ctx, database) }
	}
	// The server has stopped, and so gives the folder back.
	db, err := open()
	if err != nil {
		return err
	}
	defer db.Close()
	calls, first, last := 0, time.Time{}, time.Time{}
	for i, times := range pressed {
		events, err := journal(ctx, db, procedure(i))
		if err != nil {
			return err
		}
		started, outputs := 0, 0
		for _, e := range events {
			switch e.Kind {
			case procedures.EventStepStarted:
				if started >= len(times) {
					return fmt.Errorf("%s was started more often than it was pressed", procedure(i))
				}
				waited := e.At.Sub(times[started])
				switch {
				case i > 0:
					m.together = append(m.together, waited)
				case started > 0: // the first opens the run
					m.alone = append(m.alone, waited)
				}
				started++
			case procedures.EventOutput:
				outputs += strings.Count(e.Text, "\n")
				// Every line has the mark of its run; what has another one was printed into
				// the wrong run.
				foreign := strings.Count(e.Text, "\n") - strings.Count(e.Text, "ACTIVE\t"+mark(i)+"\n")
				if i > 0 {
					m.crossed += foreign
				} else {
					m.crossedAlone += foreign
				}
			case procedures.EventCall:
				if i > 0 {
					calls++
				}
			case procedures.EventStepFinished:
				if i > 0 && e.At.After(last) {
					last = e.At
				}
			}
		}
		if started != len(times) || outputs != len(times)*callsOfRun {
			return fmt.Errorf("%s was pressed %d times, started %d times, and printed %d lines", procedure(i), len(times), started, outputs)
		}
		if i > 0 && (first.IsZero() || times[0].Before(first)) {
			first = times[0]
		}
	}
	m.rate = float64(calls) / last.Sub(first).Seconds()
	return nil
}

// journal returns all events of the only run of a procedure.
func journal(ctx context.Context, db *store.DB, procedure string) ([]procedures.Event, error) {
	runs, err := db.Runs(ctx, "sandbox", 2, procedure)
	if err != nil {
		return nil, err
	}
	if len(runs) != 1 {
		return nil, fmt.Errorf("%s has %d runs, not one: the database has to be empty", procedure, len(runs))
	}
	return db.Events(ctx, runs[0].ID, 0, 100_000)
}
