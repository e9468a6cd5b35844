// Command attack measures what a page takes while somebody attacks the server, beside what it takes while nobody does: half-open
// connections, slow bodies, floods of sessions and presses of a hostile script. Server and attackers are processes of one machine,
// so that a part of what is lost is what the attackers compute.
//
//	go run ./bench/attack [-for 10s] [-connections 2000] [-only NAME]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/opsbook/opsbook/bench/process"
	"github.com/opsbook/opsbook/bench/report"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "attack:", err)
		os.Exit(1)
	}
}

// runbook has a page that is read, and a step that takes as much memory as it is given.
const runbook = "# Bench\n\n## Look\n\n```bash\n# One\necho one\n```\n\n## Hostile\n\n```bash\n#| timeout: 20s\n# Grow\n" +
	"x=aaaaaaaaaaaaaaaa; while true; do x=\"$x$x\"; done\n\n#| timeout: 20s\n# Spin\nseq 1 99999999999 | sort > /dev/null\n```\n"

// most is what the page may take under attack, as a multiple of what it takes without.
const most = 3

// maxMemory is what the server may hold at any time, in bytes.
const maxMemory = 300 << 20

// run starts a server for each attack, and prints the table. An aim that is missed is an error.
func run(ctx context.Context) error {
	length := flag.Duration("for", 10*time.Second, "how long each attack lasts")
	connections := flag.Int("connections", 2000, "connections of an attack")
	only := flag.String("only", "", "the one attack that is measured")
	flag.Parse()
	openFiles()
	dir, err := os.MkdirTemp("", "opsbook-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	portal, err := process.Build(ctx, dir, runbook)
	if err != nil {
		return err
	}
	rows := [][]string{{"a page, while", "idle", "attacked", "p99", "times", "failed", "memory"}}
	var missed error
	for _, a := range attacks {
		if *only != "" && *only != a.name {
			continue
		}
		m, err := measure(ctx, portal, a, *connections, *length)
		if err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
		idle, attacked := report.Median(m.idle), report.Median(m.attacked)
		rows = append(rows, []string{
			a.name, report.Time(idle), report.Time(attacked), report.Time(report.Percentile(m.attacked, 0.99)),
			report.Times(attacked, idle),
			fmt.Sprint(m.failed), fmt.Sprintf("%d MB", m.memory>>20),
		})
		if attacked > most*idle || m.memory > maxMemory || m.failed > 0 {
			missed = errors.Join(missed, fmt.Errorf("%s: the page takes %s, the aim is under %d; %d failed; the server held %d MB", a.name,
				report.Times(attacked, idle), most, m.failed, m.memory>>20))
		}
	}
	fmt.Printf("%d connections, %s each; %s\n\n", *connections, *length, report.Machine())
	if err := report.Table(os.Stdout, rows); err != nil {
		return err
	}
	return missed
}

// measured is what a page took, and what the server held at most, in bytes.
type measured struct {
	idle, attacked []time.Duration
	failed         int
	memory         int64
}

// measure asks for a page for as long as an attack lasts, after the same time without one.
func measure(ctx context.Context, portal process.Portal, a attack, connections int, length time.Duration) (m measured, err error) {
	server, err := portal.Start(ctx, "")
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	client := &http.Client{Timeout: 30 * time.Second}
	const page = "/procedures/bench/look"
	for range 20 { // templates, statements and the connection are there before it is measured
		if _, err := ask(ctx, client, server.Address+page); err != nil {
			return m, err
		}
	}
	m.idle, m.failed = pages(ctx, client, server.Address+page, length)
	attacking, stop := context.WithCancel(ctx)
	defer stop()
	var held atomic.Int64
	go func() {
		for attacking.Err() == nil {
			if n, err := server.Memory(); err == nil && n > held.Load() {
				held.Store(n)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}()
	done := a.begin(attacking, server.Address, connections)
	time.Sleep(time.Second) // until it is under way
	var failed int
	m.attacked, failed = pages(ctx, client, server.Address+page, length)
	m.failed += failed
	stop()
	done()
	m.memory = held.Load()
	return m, nil
}

// pages asks for a page again and again, with a pause as a reader makes it.
func pages(ctx context.Context, client *http.Client, address string, length time.Duration) (took []time.Duration, failed int) {
	for end := time.Now().Add(length); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		d, err := ask(ctx, client, address)
		if err != nil {
			failed++
			continue
		}
		took = append(took, d)
	}
	return took, failed
}

// ask is how long a page takes until it is read as a whole.
func ask(ctx context.Context, client *http.Client, address string) (time.Duration, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return 0, err
	}
	if response.StatusCode != http.StatusOK {
		return 0, errors.New(response.Status)
	}
	return time.Since(began), nil
}

// openFiles lets this process, and those that it starts, have as many connections open as they may.
func openFiles() {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		limit.Cur = limit.Max
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit) // fewer connections are an attack as well
	}
}
