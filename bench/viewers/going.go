package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/bench/process"
	"github.com/opsbook/opsbook/bench/report"
)

// settling is how long runs go on before the memory is read, so that the collector has run and lines have come.
const settling = 20 * time.Second

// measureGoing measures what viewers of runs that go on cost, at each number of viewers.
func measureGoing(ctx context.Context, dir, counts string, runs int) error {
	rows := [][]string{{"viewers", "runs that go on", "memory a viewer"}}
	for text := range strings.SplitSeq(counts, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil {
			return fmt.Errorf("-viewers: %w", err)
		}
		memory, err := measureRuns(ctx, filepath.Join(dir, text), n, runs)
		if err != nil {
			return err
		}
		rows = append(rows, []string{strconv.Itoa(n), strconv.Itoa(runs), fmt.Sprintf("%.1f kB", float64(memory)/1000/float64(n))})
	}
	fmt.Printf("%s\n\n", report.Machine())
	return report.Table(os.Stdout, rows)
}

// measureRuns is what a server holds more with viewers of runs that go on than without viewers, in bytes.
func measureRuns(ctx context.Context, dir string, viewers, runs int) (memory int64, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, err
	}
	var book strings.Builder
	book.WriteString("# Bench\n")
	for i := range runs {
		fmt.Fprintf(&book, "\n## Go on %d\n\n```bash\n# Print\nwhile true; do date; sleep 0.5; done\n```\n", i)
	}
	portal, err := process.Build(ctx, dir, book.String())
	if err != nil {
		return 0, err
	}
	s, err := portal.Start(ctx, "")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	of := func(i int) string { return fmt.Sprintf("bench/go-on-%d", i%runs) }
	for i := range runs {
		form := url.Values{
			"procedure": {of(i)}, "environment": {"sandbox"}, "step": {"print"}, "key": {strconv.Itoa(i)},
			"as": {"bench"}, "back": {"/healthz"},
		}
		if err := process.Post(ctx, http.DefaultClient, s.Address+"/press", form); err != nil {
			return 0, err
		}
	}
	time.Sleep(settling)
	before, err := s.Memory()
	if err != nil {
		return 0, err
	}
	crowd, err := watch(ctx, func(i int) string {
		return s.Address + "/stream?environment=sandbox&procedure=" + url.QueryEscape(of(i))
	}, viewers)
	if err != nil {
		return 0, err
	}
	defer crowd.close()
	time.Sleep(settling)
	after, err := s.Memory()
	return after - before, err
}
