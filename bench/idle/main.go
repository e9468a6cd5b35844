// Command idle measures what a server needs that nobody uses: how soon it is there with a database that exists, and what it holds
// and how busy it is while nothing happens.
//
//	go run ./bench/idle [-starts N] [-for 10s] [-database postgres://…]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/opsbook/opsbook/bench/process"
	"github.com/opsbook/opsbook/bench/report"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "idle:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	starts := flag.Int("starts", 20, "starts that are measured")
	length := flag.Duration("for", 10*time.Second, "how long nothing happens")
	database := flag.String("database", "", "a PostgreSQL database in place of SQLite: postgres://…")
	flag.Parse()
	dir, err := os.MkdirTemp("", "opsbook-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	portal, err := process.Build(ctx, dir, "# Bench\n\n## Look\n\n```bash\naws sts get-caller-identity\n```\n")
	if err != nil {
		return err
	}
	times := make([]time.Duration, 0, *starts)
	for i := range *starts + 1 { // the first makes the database
		s, err := portal.Start(ctx, *database)
		if err != nil {
			return err
		}
		if i > 0 {
			times = append(times, s.Took)
		}
		if err := s.Stop(); err != nil {
			return err
		}
	}
	s, err := portal.Start(ctx, *database)
	if err != nil {
		return err
	}
	defer s.Stop()
	time.Sleep(time.Second)
	before, err := s.Processor()
	if err != nil {
		return err
	}
	time.Sleep(*length)
	after, err := s.Processor()
	if err != nil {
		return err
	}
	memory, err := s.Memory()
	if err != nil {
		return err
	}
	fmt.Printf("%d starts with a database that exists, then %s without a request; %s\n\n", *starts, *length, report.Machine())
	return report.Table(os.Stdout, [][]string{
		{"a server that nobody uses", "measured"},
		{"from its start to its address, median", report.Time(report.Median(times))},
		{"p90", report.Time(report.Percentile(times, 0.9))},
		{"memory", fmt.Sprintf("%.1f MB", float64(memory)/1e6)},
		{"of one processor", fmt.Sprintf("%.1f %%", 100*(after-before).Seconds()/length.Seconds())},
	})
}
