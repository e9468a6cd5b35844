// Command output measures a step that prints a hundred thousand lines: how soon the first
// is on its way to a page that is open, how soon the last, what the server holds more at
// its most, how much of it the page is sent, and that the whole output can be had.
//
//	go run ./bench/output [-lines N]
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/bench/process"
	"github.com/opsbook/opsbook/bench/report"
)

const procedure = "bench/print"

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "output:", err)
		os.Exit(1)
	}
}

// run builds and starts the program, and prints the table.
func run(ctx context.Context) error {
	lines := flag.Int("lines", 100_000, "lines that the step prints")
	flag.Parse()
	dir, err := os.MkdirTemp("", "opsbook-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	// The step sleeps first, so that the page's stream is quiet when the lines begin.
	portal, err := process.Build(ctx, dir,
		fmt.Sprintf("# Bench\n\n## Print\n\n```bash\n# Count\nsleep 1\nseq -f 'line-%%.0f-' 1 %d\n```\n", *lines))
	if err != nil {
		return err
	}
	s, err := portal.Start(ctx, "")
	if err != nil {
		return err
	}
	defer s.Stop()
	m, err := measure(ctx, s, *lines)
	if err != nil {
		return err
	}
	fmt.Printf("One step, one page that is open; %s\n\n", report.Machine())
	return report.Table(os.Stdout, [][]string{
		{fmt.Sprintf("%d lines, %.1f MB", *lines, float64(m.whole)/1e6), "measured"},
		{"from the press to the first line in the page's stream, the step sleeping for 1 s before it", report.Time(m.first)},
		{"from the press to the last", report.Time(m.last)},
		{"what the page was sent", fmt.Sprintf("%.1f MB", float64(m.sent)/1e6)},
		{"what the server held more at its most", fmt.Sprintf("%.1f MB", float64(m.most)/1e6)},
	})
}

// measured is what one press gave. sent is what the page's stream brought, whole what the
// download has, and most how much more the server held than before, each in bytes.
type measured struct {
	first, last       time.Duration
	sent, most, whole int64 // bytes
}

// measure opens the page's stream, presses, and reads until the last line came.
func measure(ctx context.Context, s *process.Server, lines int) (m measured, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet,
		s.Address+"/stream?environment=sandbox&procedure="+url.QueryEscape(procedure), http.NoBody)
	if err != nil {
		return m, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return m, err
	}
	defer response.Body.Close()
	// The open stream is part of what the server holds before.
	before, err := s.Memory()
	if err != nil {
		return m, err
	}
	watched, stop := context.WithCancel(ctx)
	// Unbuffered: highest has ended when its result was taken.
	most := make(chan int64)
	go func() { most <- highest(watched, s) }()
	began := time.Now()
	if err := process.Post(ctx, http.DefaultClient, s.Address+"/press?step=count&key=output",
		url.Values{"procedure": {procedure}, "environment": {"sandbox"}, "as": {"bench"}}); err != nil {
		stop()
		return m, errors.Join(err, waited(most))
	}
	m, run, err := read(response, began, lines)
	stop()
	m.most = <-most - before
	if err != nil {
		return m, err
	}
	m.whole, err = download(ctx, s.Address+"/runs/"+run, lines)
	return m, err
}

// waited waits for highest, so that it does not outlive the server.
func waited(most chan int64) error { <-most; return nil }

// highest is the most that a process holds until ctx ends, in bytes. It asks every 5 ms: a
// shorter peak is not seen.
func highest(ctx context.Context, s *process.Server) int64 {
	var most int64
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		if n, err := s.Memory(); err == nil {
			most = max(most, n)
		}
		select {
		case <-ctx.Done():
			return most
		case <-again.C:
		}
	}
}

// read reads the stream until the last line came. run is the run's id, which a link in the
// stream has.
func read(response *http.Response, began time.Time, lines int) (m measured, run string, err error) {
	last := fmt.Sprintf("line-%d-", lines)
	stream := bufio.NewReader(response.Body)
	for {
		text, err := stream.ReadString('\n')
		if err != nil {
			return m, run, fmt.Errorf("the stream ended before the last line: %w", err)
		}
		m.sent += int64(len(text))
		// The first such link is that of the run that the press opened.
		if _, rest, ok := strings.Cut(text, `"/runs/`); ok && run == "" {
			run, _, _ = strings.Cut(rest, `"`)
			run, _, _ = strings.Cut(run, "/")
		}
		// The step's source, which the stream shows too, has the format in place of a number.
		if m.first == 0 && strings.Contains(text, "line-") && !strings.Contains(text, "%.0f") {
			m.first = time.Since(began)
		}
		if strings.Contains(text, last) {
			m.last = time.Since(began)
			return m, run, nil
		}
	}
}

// download reads the whole output and counts its bytes. That a line is missing or out of
// order is an error. run is the address of the run's page, on which the link to the output
// stands.
func download(ctx context.Context, run string, lines int) (int64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, run, http.NoBody)
	if err != nil {
		return 0, err
	}
	page, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer page.Body.Close()
	// The page is read for its link as a person would follow it.
	html, err := io.ReadAll(page.Body)
	if err != nil {
		return 0, err
	}
	address := regexp.MustCompile(`/runs/[^/"]+/output/[^/"]+\.txt`).FindString(string(html))
	if address == "" {
		return 0, errors.New("the page has no link to the whole output")
	}
	base, _, _ := strings.Cut(run, "/runs/")
	if request, err = http.NewRequestWithContext(ctx, http.MethodGet, base+address, http.NoBody); err != nil {
		return 0, err
	}
	whole, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer whole.Body.Close()
	var size int64
	n := 0
	// Lines that are not the next number, such as a heading, are counted in the size only.
	for text := bufio.NewScanner(whole.Body); text.Scan(); {
		if size += int64(len(text.Text())) + 1; text.Text() == "line-"+strconv.Itoa(n+1)+"-" {
			n++
		}
	}
	if n != lines {
		return size, fmt.Errorf("the whole output has %d of %d lines in their order", n, lines)
	}
	return size, nil
}
