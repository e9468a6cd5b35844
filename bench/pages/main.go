// Command pages measures what pages take with a database of many runs and a folder of many procedures, against a server with the same
// runbooks and one run, in one run.
//
//	go run ./bench/pages [-runs N] [-procedures N] [-times N] [-database postgres://… -empty postgres://…]
//
// The databases are filled by the store. With -database and -empty, which have to be empty ones, PostgreSQL is measured, too.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/bench/process"
	"github.com/opsbook/opsbook/bench/report"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "pages:", err)
		os.Exit(1)
	}
}

const (
	perFile = 30   // procedures of a runbook
	often   = 2000 // runs of the first procedure: as many as are kept
)

// Aims: a page takes at most so many times what it takes with one run, and at most so long.
const (
	aimTimes = 3
	aimTime  = 30 * time.Millisecond
)

// procedure is the id of the i-th procedure, as the library makes it of file and headings.
func procedure(i int) string { return fmt.Sprintf("b%03d/p%d", i/perFile, i) }

// books writes runbooks with n procedures into a folder.
func books(folder string, n int) error {
	for first := 0; first < n; first += perFile {
		var b strings.Builder
		fmt.Fprintf(&b, "# Book %d\n", first/perFile)
		for i := first; i < min(first+perFile, n); i++ {
			fmt.Fprintf(&b, "\n## P%d\n\n```bash\n# Ask\naws sts get-caller-identity\n```\n", i)
		}
		name := filepath.Join(folder, fmt.Sprintf("b%03d.md", first/perFile))
		if err := os.WriteFile(name, []byte(b.String()), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// measured is one server, and what its pages took.
type measured struct {
	name   string
	server *process.Server
	client *http.Client
	times  map[string][]time.Duration
	bytes  map[string]int
}

func run(ctx context.Context) (err error) {
	runs := flag.Int("runs", 46000, "runs in the database")
	count := flag.Int("procedures", 3000, "procedures")
	times := flag.Int("times", 30, "how often each page is asked for")
	database := flag.String("database", "", "an empty PostgreSQL database for the many runs")
	empty := flag.String("empty", "", "another one for the one run")
	flag.Parse()
	dir, err := os.MkdirTemp("", "opsbook-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var servers []*measured
	defer func() {
		for _, m := range servers {
			err = errors.Join(err, m.server.Stop())
		}
	}()
	begin := func(name, address string, n int) error {
		folder := filepath.Join(dir, strconv.Itoa(len(servers)))
		portal, err := process.Build(ctx, folder, "# Bench\n")
		if err != nil {
			return err
		}
		if err := errors.Join(books(filepath.Join(folder, "runbooks"), *count), fill(ctx, portal.Data(), address, n, *count)); err != nil {
			return err
		}
		server, err := portal.Start(ctx, address)
		if err != nil {
			return err
		}
		jar, err := cookiejar.New(nil)
		servers = append(servers, &measured{name, server, &http.Client{Jar: jar}, map[string][]time.Duration{}, map[string]int{}})
		return err
	}
	err = errors.Join(begin("SQLite", "", 1), begin("SQLite", "", *runs))
	if *database != "" && err == nil {
		err = errors.Join(begin("PostgreSQL", *empty, 1), begin("PostgreSQL", *database, *runs))
	}
	if err != nil {
		return err
	}
	pages := [][2]string{
		{"home", "/"}, {"a procedure", "/procedures/" + procedure(0)}, {"a run", "/runs/" + runID(0)}, {"history", "/runs"},
	}
	// In turns, so that what else the machine does is spread over all.
	for i := range *times + 1 {
		for _, page := range pages {
			for _, m := range servers {
				if err := m.ask(ctx, page[1], i > 0); err != nil {
					return err
				}
			}
		}
	}
	fmt.Printf("%d runs, %d procedures, each page %d times; %s\n\n", *runs, *count, *times, report.Machine())
	return tell(servers, pages)
}

// ask asks for a page. The first time is not counted: it makes the session.
func (m *measured) ask(ctx context.Context, page string, counted bool) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, m.server.Address+page, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Accept-Encoding", "gzip") // so that what is counted is what went over the wire
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	began := time.Now()
	response, err := m.client.Do(request)
	if err != nil {
		return err
	}
	n, err := io.Copy(io.Discard, response.Body)
	took := time.Since(began)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s was answered with %s", page, response.Status)
	}
	if counted {
		m.times[page], m.bytes[page] = append(m.times[page], took), int(n)
	}
	return nil
}

// tell prints the table, and reports aims that were missed as an error.
func tell(servers []*measured, pages [][2]string) error {
	rows := [][]string{{"a page", "one run", "many runs", "times", "p90", "on the wire"}}
	var missed []error
	for i := 0; i < len(servers); i += 2 {
		few, many := servers[i], servers[i+1]
		for _, page := range pages {
			one, all := report.Median(few.times[page[1]]), report.Median(many.times[page[1]])
			rows = append(rows, []string{
				few.name + ", " + page[0], report.Time(one), report.Time(all), report.Times(all, one),
				report.Time(report.Percentile(many.times[page[1]], 0.9)), fmt.Sprintf("%d kB", many.bytes[page[1]]/1000),
			})
			if all > aimTimes*one || all > aimTime {
				missed = append(missed, fmt.Errorf("%s, %s: %s, with one run %s", few.name, page[0], report.Time(all), report.Time(one)))
			}
		}
	}
	return errors.Join(report.Table(os.Stdout, rows), errors.Join(missed...))
}

// runID is the id of the i-th run.
func runID(i int) string { return fmt.Sprintf("bench-run-%06d", i) }

// atOnce is how many runs are inserted in one transaction.
const atOnce = 1000

// fill makes a database with n runs that are over, each of one step. Of the first procedure there are as many as are kept, the others
// have the rest in turn; each planned time of a procedure has its row, too.
func fill(ctx context.Context, folder, address string, n, count int) error {
	open := func() (*store.DB, error) { return store.Open(ctx, folder) }
	if address != "" {
		open = func() (*store.DB, error) { return store.Connect(ctx, address) }
	}
	db, err := open()
	if err != nil {
		return err
	}
	now := time.Now()
	for first := 0; first < n && err == nil; first += atOnce {
		err = db.Update(ctx, func(tx procedures.Tx) error {
			for i := first; i < min(first+atOnce, n); i++ {
				of := 0
				if i >= often {
					of = 1 + (i-often)%(count-1)
				}
				if err := insert(ctx, db, tx, runID(i), procedure(of), now.Add(time.Duration(i-n)*time.Minute)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return errors.Join(err, db.Close())
}

// insert adds one run.
func insert(ctx context.Context, db *store.DB, tx procedures.Tx, id, procedure string, at time.Time) error {
	passed := procedures.Judgement{Verdict: procedures.Passed, Reason: "It is there."}
	file := strings.Split(procedure, "/")[0]
	run := &procedures.Run{
		ID: id, Procedure: procedure, Title: procedure, Digest: procedure, Environment: "sandbox", Account: procedures.SandboxAccount,
		State: procedures.RunFinished, StartedBy: "bench", StartedAt: at, UpdatedAt: at, FinishedAt: at,
		Markdown: "# Book\n\n## " + strings.ToUpper(strings.Split(procedure, "/")[1]) +
			"\n\n```bash\n# Ask\naws sts get-caller-identity\n```\n",
	}
	return errors.Join(
		db.InsertRun(ctx, tx, run, file+".md"),
		db.RecordPlanned(ctx, tx, procedures.Scheduled{Procedure: procedure, Environment: "sandbox", At: at, Run: id}),
		db.Append(ctx, tx, id, at, []procedures.Event{
			{Kind: procedures.EventRunStarted, At: at, Text: procedure},
			{Kind: procedures.EventStepRequested, At: at, Step: "ask", Execution: id},
			{Kind: procedures.EventStepStarted, At: at, Step: "ask", Execution: id},
			{Kind: procedures.EventOutput, At: at, Step: "ask", Execution: id, Stream: "stdout", Text: "it is there\n"},
			{Kind: procedures.EventStepFinished, At: at, Step: "ask", Execution: id, Judgement: &passed},
			{Kind: procedures.EventRunFinished, At: at},
		}),
		db.SetVerdict(ctx, tx, id, procedures.Passed),
	)
}
