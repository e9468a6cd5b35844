// Command viewers measures how soon everybody who has one run open sees an event, and what
// a viewer costs: the program as it is shipped against a Go server that does nothing but
// send what it is told, in one run.
//
//	go run ./bench/viewers [-viewers 1000,10000] [-events N] [-runs N]
//
// An event is somebody's note on the run: from the press, through the database, until each
// stream has brought it. Each server is a process of its own, and memory is what it holds
// more with the viewers than before. With -runs the viewers are spread over so many runs that go on, each printing a line
// in half a second, and their memory alone is measured.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/bench/process"
	"github.com/opsbook/opsbook/bench/report"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "viewers:", err)
		os.Exit(1)
	}
}

const (
	runbook   = "# Bench\n\n## Watch\n\n- [ ] Look\n"
	procedure = "bench"
)

// run measures both servers at each number of viewers, or with -bare is one of them.
func run(ctx context.Context) error {
	counts := flag.String("viewers", "1000,10000", "how many streams")
	events := flag.Int("events", 20, "events that are measured")
	going := flag.Int("runs", 0, "spread the viewers over so many runs that go on, and measure their memory")
	bare := flag.Bool("bare", false, "be the server that is compared with")
	flag.Parse()
	if *bare {
		return serveBare(ctx)
	}
	dir, err := os.MkdirTemp("", "opsbook-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if *going > 0 {
		return measureGoing(ctx, dir, *counts, *going)
	}
	rows := [][]string{{"one event, everybody", "viewers", "median", "p99", "lost", "memory a viewer"}}
	said := ""
	for text := range strings.SplitSeq(*counts, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil {
			return fmt.Errorf("-viewers: %w", err)
		}
		var results [2]measured
		// The order is that of the names below.
		for i, start := range []func(context.Context, string) (*server, error){startBare, startPortal} {
			if results[i], err = measure(ctx, filepath.Join(dir, fmt.Sprintf("%d-%d", n, i)), start, n, *events); err != nil {
				return err
			}
			name := []string{"a bare server", "Opsbook"}[i]
			r := results[i]
			rows = append(rows, []string{
				name, strconv.Itoa(n), report.Time(report.Median(r.times)),
				report.Time(report.Percentile(r.times, 0.99)), strconv.Itoa(r.lost),
				fmt.Sprintf("%.1f kB", float64(r.memory)/1000/float64(n)),
			})
		}
		said += fmt.Sprintf("At %d viewers the p99 is %s that of the bare server.\n", n,
			report.Times(report.Percentile(results[1].times, 0.99), report.Percentile(results[0].times, 0.99)))
	}
	fmt.Printf("%d events, one after another; %s\n\n", *events, report.Machine())
	if err := report.Table(os.Stdout, rows); err != nil {
		return err
	}
	fmt.Printf("\n%s", said)
	return nil
}

// measured is what one server did: the time of each viewer and event, from the press until
// the viewer had it, and how many did not come in ten seconds.
type measured struct {
	times  []time.Duration
	lost   int
	memory int64 // bytes more than without viewers
}

// measure starts a server in dir and counts what its viewers see. The first event is not
// counted: with it all streams are warm.
func measure(ctx context.Context, dir string, start func(context.Context, string) (*server, error), viewers,
	events int) (m measured, err error) {
	s, err := start(ctx, dir)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	if err := s.say(ctx, "warm"); err != nil { // the run is there before the first viewer
		return m, err
	}
	// After the first note, so that the run, the templates and the database are there already.
	before, err := s.Memory()
	if err != nil {
		return m, err
	}
	crowd, err := watch(ctx, func(int) string { return s.stream }, viewers)
	if err != nil {
		return m, err
	}
	defer crowd.close()
	if err := s.say(ctx, "mark-warm-"); err != nil {
		return m, err
	}
	// Who misses this one is not counted as lost.
	crowd.wait("mark-warm-", time.Now())
	for i := range events {
		mark := fmt.Sprintf("mark-%d-", i)
		began := time.Now()
		if err := s.say(ctx, mark); err != nil {
			return m, err
		}
		// The next event comes when all have this one, so that events do not queue.
		times := crowd.wait(mark, began)
		m.times = append(m.times, times...)
		m.lost += viewers - len(times)
	}
	after, err := s.Memory()
	m.memory = after - before
	return m, err
}

// server is a process that serves, with its stream and how something is said there.
type server struct {
	*process.Server
	stream string // address of the stream
	say    func(ctx context.Context, mark string) error
}

// startPortal starts the program as it is shipped.
func startPortal(ctx context.Context, dir string) (*server, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	portal, err := process.Build(ctx, dir, runbook)
	if err != nil {
		return nil, err
	}
	s, err := portal.Start(ctx, "")
	if err != nil {
		return nil, err
	}
	return &server{s, s.Address + "/stream?environment=sandbox&procedure=" + url.QueryEscape(procedure),
		func(ctx context.Context, mark string) error {
			return process.Post(ctx, http.DefaultClient, s.Address+"/say",
				url.Values{"procedure": {procedure}, "environment": {"sandbox"}, "kind": {"note"}, "text": {mark}, "as": {"bench"}})
		}}, nil
}

// startBare starts this program as the server that is compared with.
func startBare(ctx context.Context, _ string) (*server, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s, err := process.Start(exec.CommandContext(ctx, program, "-bare"))
	if err != nil {
		return nil, err
	}
	return &server{s, s.Address + "/stream", func(ctx context.Context, mark string) error {
		return process.Post(ctx, http.DefaultClient, s.Address+"/say", url.Values{"text": {mark}})
	}}, nil
}
