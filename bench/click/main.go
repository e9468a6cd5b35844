// Command click measures how long it takes from a press of a button to the first output in the page: on the sandbox, through the
// program as it is shipped, with its database, its job queue and its stream.
//
//	go run ./bench/click [-rounds N] [-database URL]
//
// Once over HTTP (POST /press, until the stream brings the output), and in Chromium, where there is one, from the click until
// the output is an element of the page.
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/opsbook/opsbook/bench/report"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "click:", err)
		os.Exit(1)
	}
}

// runbook has a step whose output is another one each time: the round is asked for on the page.
const runbook = "# Bench\n\n## Click\n\n```bash\n# Ask\naws dynamodb describe-table --table-name network-visualizer-topology --query \"[Table.TableStatus,'${ROUND}']\" --output text\n```\n"

// What the page of the runbook is called.
const (
	procedure = "bench/click"
	step      = "ask"
)

// output is what the step prints for a round.
func output(round string) string { return "ACTIVE\t" + round }

func run(ctx context.Context) error {
	rounds := flag.Int("rounds", 50, "presses")
	database := flag.String("database", "", "a PostgreSQL database in place of SQLite: postgres://…")
	flag.Parse()
	dir, err := os.MkdirTemp("", "opsbook-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	p, err := startPortal(ctx, dir, *database)
	if err != nil {
		return err
	}
	defer p.stop()
	rows := [][]string{{"from the press to the first output", "median", "p90", "p99"}}
	row := func(name string, times []time.Duration) {
		rows = append(rows, []string{name, report.Time(report.Median(times)), report.Time(report.Percentile(times, 0.9)), report.Time(report.Percentile(times, 0.99))})
	}
	times, err := overHTTP(ctx, p.address, *rounds)
	if err != nil {
		return err
	}
	row("over HTTP, in the stream", times)
	if chromium, err := exec.LookPath("chromium"); err == nil {
		if times, err = inChromium(ctx, chromium, p.address, *rounds); err != nil {
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

// portal is the program, serving.
type portal struct {
	address string
	command *exec.Cmd
}

// startPortal builds the program, starts it in dir and waits until it says where it is.
func startPortal(ctx context.Context, dir, database string) (*portal, error) {
	program := filepath.Join(dir, "opsbook")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/server").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build: %w: %s", err, out)
	}
	books := filepath.Join(dir, "runbooks")
	if err := os.Mkdir(books, 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(books, "bench.md"), []byte(runbook), 0o600); err != nil {
		return nil, err
	}
	args := []string{"serve", "--addr", "127.0.0.1:0", "--data", filepath.Join(dir, "data"), "--runbooks", books, "--config", filepath.Join(dir, "opsbook.yaml")}
	if database != "" {
		args = append(args, "--database", database)
	}
	if err := os.WriteFile(filepath.Join(dir, "opsbook.yaml"), nil, 0o600); err != nil {
		return nil, err
	}
	p := &portal{command: exec.CommandContext(ctx, program, args...)}
	var problem bytes.Buffer
	p.command.Stderr = &problem
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, address, ok := strings.Cut(lines.Text(), "http://"); ok {
			p.address = "http://" + address
			go func() {
				for lines.Scan() { // nothing waits for its further lines
				}
			}()
			return p, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("the portal did not start: %s", problem.String()), p.stop())
}

func (p *portal) stop() error {
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return p.command.Wait()
}
