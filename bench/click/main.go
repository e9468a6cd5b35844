// Command click measures how long it takes from a press of a button to the first output in
// the page: on the sandbox, through the program as it is shipped, with its database, its
// job queue and its stream.
//
//	go run ./bench/click [-rounds N] [-database URL]
//
// Once over HTTP (POST /press, until the stream brings the output), and in Chromium, where
// there is one, from the click until the output is an element of the page.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/opsbook/opsbook/bench/process"
	"github.com/opsbook/opsbook/bench/report"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "click:", err)
		os.Exit(1)
	}
}

// runbook has a step whose output is another one each time: the round is asked for on the page.
const runbook = "# Bench\n\n## Click\n\n```bash\n# Ask\naws dynamodb describe-table --table-name " +
	"network-visualizer-topology --query \"[Table.TableStatus,'${ROUND}']\" --output text\n```\n"

// What the page of the runbook is called.
const (
	procedure = "bench/click"
	step      = "ask"
)

// output is what the step prints for a round.
func output(round string) string { return "ACTIVE\t" + round }

// run builds and starts the program, and prints the table.
func run(ctx context.Context) error {
	rounds := flag.Int("rounds", 50, "presses")
	database := flag.String("database", "", "a PostgreSQL database in place of SQLite: postgres://…")
	flag.Parse()
	dir, err := os.MkdirTemp("", "opsbook-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	portal, err := process.Build(ctx, dir, runbook)
	if err != nil {
		return err
	}
	p, err := portal.Start(ctx, *database)
	if err != nil {
		return err
	}
	defer p.Stop()
	rows := [][]string{{"from the press to the first output", "median", "p90", "p99"}}
	// Times are sorted in place, which is no loss.
	row := func(name string, times []time.Duration) {
		rows = append(rows, []string{
			name, report.Time(report.Median(times)), report.Time(report.Percentile(times, 0.9)),
			report.Time(report.Percentile(times, 0.99)),
		})
	}
	times, err := overHTTP(ctx, p.Address, *rounds)
	if err != nil {
		return err
	}
	row("over HTTP, in the stream", times)
	// Without a browser the first row is measured alone.
	if chromium, err := exec.LookPath("chromium"); err == nil {
		if times, err = inChromium(ctx, chromium, p.Address, *rounds); err != nil {
			return err
		}
		row("in Chromium, in the page", times)
	}
	kind := "SQLite"
	if *database != "" {
		kind = "PostgreSQL"
	}
	fmt.Printf("%d presses of one step with one call, one after another, %s; %s\n\n", *rounds, kind, report.Machine())
	return report.Table(os.Stdout, rows)
}
