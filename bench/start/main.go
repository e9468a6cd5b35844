// Command start measures what it costs to begin: a command that prints, a call of AWS until it is sent, a server that nobody uses
// with a database of many runs, and the binary.
//
//	go run ./bench/start [-times N] [-runs N]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/opsbook/opsbook/bench/process"
	"github.com/opsbook/opsbook/bench/report"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "start:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	times := flag.Int("times", 30, "starts of each command")
	runs := flag.Int("runs", 2000, "runs in the database of the idle server")
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
	info, err := os.Stat(portal.Program())
	if err != nil {
		return err
	}
	rows := [][]string{{"from nothing", "median", "p90", "aim"}}
	for _, c := range []struct {
		name, aim string
		measure   func() (time.Duration, error)
	}{
		{"`opsbook version`", "15 ms", func() (time.Duration, error) { return ended(ctx, portal.Program(), "version") }},
		{"`opsbook --help`", "", func() (time.Duration, error) { return ended(ctx, portal.Program(), "--help") }},
		{"`opsbook aws …` until its call", "30 ms", func() (time.Duration, error) { return called(ctx, portal.Program(), dir) }},
	} {
		var took []time.Duration
		for range *times {
			t, err := c.measure()
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			took = append(took, t)
		}
		rows = append(rows, []string{c.name, report.Time(report.Median(took)), report.Time(report.Percentile(took, 0.9)), c.aim})
	}
	if err := fill(ctx, portal.Data(), *runs); err != nil {
		return err
	}
	memory, err := idle(ctx, portal)
	if err != nil {
		return err
	}
	megabytes := func(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
	rows = append(rows, []string{fmt.Sprintf("an idle server with %d runs", *runs), megabytes(memory), "", "45 MB"},
		[]string{"the binary", megabytes(info.Size()), "", "40 MB"})
	fmt.Printf("%d starts of each; %s\n\n", *times, report.Machine())
	return report.Table(os.Stdout, rows)
}

// ended is how long a command takes from its start to its end.
func ended(ctx context.Context, program string, args ...string) (time.Duration, error) {
	began := time.Now()
	err := exec.CommandContext(ctx, program, args...).Run()
	return time.Since(began), err
}

// called is how long an `aws` line takes from its start until AWS has its request.
func called(ctx context.Context, program, dir string) (time.Duration, error) {
	arrived := make(chan time.Time, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		select {
		case arrived <- time.Now():
		default:
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		_, _ = w.Write([]byte(`{"TableNames":[]}`)) // to a program that waits for it
	}))
	defer server.Close()
	command := exec.CommandContext(ctx, program, "--account", "aws", "aws", "dynamodb", "list-tables")
	command.Dir = dir
	command.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+server.URL, "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=x",
		"AWS_REGION=eu-west-1", "AWS_CONFIG_FILE=/nowhere", "AWS_SHARED_CREDENTIALS_FILE=/nowhere")
	began := time.Now()
	if out, err := command.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%w: %s", err, out)
	}
	select {
	case at := <-arrived:
		return at.Sub(began), nil
	default:
		return 0, errors.New("it made no call")
	}
}

// fill makes a database with runs that are over, each of one step.
func fill(ctx context.Context, folder string, n int) error {
	if err := os.MkdirAll(filepath.Dir(folder), 0o700); err != nil {
		return err
	}
	db, err := store.Open(ctx, folder)
	if err != nil {
		return err
	}
	now := time.Now()
	passed := procedures.Judgement{Verdict: procedures.Passed, Reason: "It is there."}
	err = db.Update(ctx, func(tx procedures.Tx) error { // one transaction: each would wait for the disk
		for i := range n {
			id, at := fmt.Sprintf("bench-run-%06d", i), now.Add(time.Duration(i-n)*time.Minute)
			run := &procedures.Run{
				ID: id, Procedure: "bench/look", Title: "Look", Environment: "sandbox", Account: procedures.SandboxAccount,
				State: procedures.RunFinished, StartedAt: at, UpdatedAt: at, FinishedAt: at, Markdown: "# Bench\n",
			}
			events := []procedures.Event{
				{Kind: procedures.EventRunStarted, At: at, Text: "Look"},
				{Kind: procedures.EventStepStarted, At: at, Step: "look", Execution: id},
				{Kind: procedures.EventOutput, At: at, Step: "look", Execution: id, Stream: "stdout", Text: "it is there\n"},
				{Kind: procedures.EventStepFinished, At: at, Step: "look", Execution: id, Judgement: &passed},
				{Kind: procedures.EventRunFinished, At: at},
			}
			err := errors.Join(db.InsertRun(ctx, tx, run, "bench.md"), db.Append(ctx, tx, id, at, events),
				db.SetVerdict(ctx, tx, id, procedures.Passed))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return errors.Join(err, db.Close())
	}
	return db.Close()
}

// idle is what a server holds, in bytes, after nothing happened for ten seconds.
func idle(ctx context.Context, portal process.Portal) (int64, error) {
	s, err := portal.Start(ctx, "")
	if err != nil {
		return 0, err
	}
	time.Sleep(10 * time.Second)
	memory, err := s.Memory()
	return memory, errors.Join(err, s.Stop())
}
