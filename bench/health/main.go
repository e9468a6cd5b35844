// Command health compares ways of doing one morning's work: the daily health check of a
// runbook that was written for people, unedited. All ask the same endpoint on loopback,
// which answers at once and then after 40 ms.
//
//	go run ./bench/health [-document FILE] [-bash N] [-rounds N]
//
// AWSCLI names the AWS CLI (version 2); without it /usr/bin/aws is taken.
package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/bench/clients"
	"github.com/opsbook/opsbook/bench/endpoint"
	"github.com/opsbook/opsbook/bench/report"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "health:", err)
		os.Exit(1)
	}
}

// run starts the endpoint and the contestants, or with -child is one of them.
func run(ctx context.Context) error {
	document := flag.String("document", os.Getenv("OPSBOOK_DOCUMENT"), "the runbook, with a procedure \"Morning Health Check\"")
	slow := flag.Int("bash", 3, "how often bash does it; 0 leaves it out")
	rounds := flag.Int("rounds", 41, "how often the others do it")
	child := flag.String("child", "", "for the program itself: ADDRESS,WEB,ROOTS")
	flag.Parse()
	folder := filepath.Dir(*document)
	if err := endpoint.Isolate(); err != nil {
		return err
	}
	if *child != "" {
		return childRounds(ctx, folder, strings.Split(*child, ","), *rounds)
	}
	text, err := os.ReadFile(*document)
	if err != nil {
		return err
	}
	script, err := firstBlock(string(text), "### Morning Health Check")
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "opsbook-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	e, err := endpoint.Start(dir)
	if err != nil {
		return err
	}
	defer e.Close()
	cli := os.Getenv("AWSCLI")
	if cli == "" {
		cli = "/usr/bin/aws"
	}
	b, err := newBash(ctx, dir, cli, script, e)
	if err != nil {
		return err
	}
	c, err := clients.Build(ctx, dir, e)
	if err != nil {
		return err
	}
	own := &again{folder: *document, child: strings.Join([]string{e.Account, e.Web, e.Roots}, ",")}
	if own.program, err = os.Executable(); err != nil {
		return err
	}
	m := &measured{bash: b, clients: c, own: own, slow: *slow, rounds: *rounds}
	return m.compare(ctx, e)
}

// firstBlock is the first fenced bash block under a heading, as it stands.
func firstBlock(text, heading string) (string, error) {
	_, rest, ok := strings.Cut(text, heading)
	_, rest, fence := strings.Cut(rest, "```bash\n")
	block, _, end := strings.Cut(rest, "\n```")
	if !ok || !fence || !end {
		return "", fmt.Errorf("no block under %q", heading)
	}
	return block + "\n", nil
}

// again is this program, started again to do the check in a process of its own.
type again struct{ program, folder, child string }

// rounds starts the program, which does the check n times, and returns the time of each.
// The start is not part of them.
func (a *again) rounds(ctx context.Context, n int) ([]time.Duration, error) {
	return clients.TimesOf(exec.CommandContext(ctx, a.program, "-document", a.folder, "-child", a.child, "-rounds", strconv.Itoa(n)))
}

// childRounds does the check n times in this process and prints the times as JSON, in
// nanoseconds. at is the endpoint's Account, Web and Roots.
func childRounds(ctx context.Context, folder string, at []string, n int) error {
	if len(at) != 3 {
		return errors.New("-child wants three parts")
	}
	text, err := os.ReadFile(at[2])
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	c, err := newCheck(folder, at[0], at[1], roots)
	if err != nil {
		return err
	}
	defer os.RemoveAll(c.files.Own.Name())
	times := make([]time.Duration, n)
	for i := range times {
		if times[i], err = c.once(ctx); err != nil {
			return err
		}
	}
	return json.NewEncoder(os.Stdout).Encode(times)
}

// measured are the contestants, with how often each does the check: bash slow times, new
// processes up to eleven, the others rounds.
type measured struct {
	bash         *bash
	clients      *clients.Clients
	own          *again
	slow, rounds int
}

// way is one way of doing the check; do returns the median of its times.
type way struct {
	name string
	do   func() (time.Duration, error)
}

// ways are in the order of the table, which compare goes by. Those in a new process count
// its start; the others are warm, and of them only the check itself is counted.
func (m *measured) ways(ctx context.Context) []way {
	// A new process reads everything again: the models, the runbooks, the configuration.
	fresh := func(rounds func(context.Context, int) ([]time.Duration, error)) func() (time.Duration, error) {
		return func() (time.Duration, error) {
			return medianOf(min(m.rounds, 11), func() (time.Duration, error) {
				return aNewProcess(func() error { _, err := rounds(ctx, 1); return err })
			})
		}
	}
	warm := func(rounds func(context.Context, int) ([]time.Duration, error)) func() (time.Duration, error) {
		return func() (time.Duration, error) {
			times, err := rounds(ctx, m.rounds)
			if err != nil {
				return 0, err
			}
			return report.Median(times), nil
		}
	}
	ways := []way{
		{"the SDK's clients, together, in a new process", fresh(m.clients.Rounds)},
		{"Opsbook, in a new process", fresh(m.own.rounds)},
		{"the SDK's clients, together, in one that is up", warm(m.clients.Rounds)},
		{"Opsbook, in one that is up", warm(m.own.rounds)},
	}
	// bash is last, because it is the one that may be left out.
	if m.slow == 0 {
		return ways
	}
	return append(ways, way{"bash with " + m.bash.version, func() (time.Duration, error) {
		return medianOf(m.slow, func() (time.Duration, error) { return m.bash.once(ctx) })
	}})
}

// medianOf does something n times, one after another.
func medianOf(n int, do func() (time.Duration, error)) (time.Duration, error) {
	times := make([]time.Duration, n)
	for i := range times {
		var err error
		if times[i], err = do(); err != nil {
			return 0, err
		}
	}
	return report.Median(times), nil
}

// compare prints the table. A way that asked the endpoint nothing is an error, so that no
// contestant wins by doing less.
func (m *measured) compare(ctx context.Context, e *endpoint.Endpoint) error {
	rows := [][]string{{"daily health check", "at once", "after 40 ms"}}
	times := make([][2]time.Duration, 0, 5)
	ways := m.ways(ctx)
	for i, way := range ways {
		rows, times = append(rows, []string{way.name}), append(times, [2]time.Duration{})
		// The delay is the endpoint's, for AWS and the web host alike.
		for column, delay := range []time.Duration{0, 40 * time.Millisecond} {
			e.Late(delay)
			before := e.Asked()
			took, err := way.do()
			if err != nil {
				return fmt.Errorf("%s: %w", way.name, err)
			}
			if e.Asked() == before {
				return fmt.Errorf("%s asked nothing", way.name)
			}
			times[i][column] = took
			rows[i+1] = append(rows[i+1], report.Time(took))
		}
	}
	// Rows are named by their indexes in ways.
	compared := func(name string, a, b int) {
		rows = append(rows, []string{name, report.Times(times[a][0], times[b][0]), report.Times(times[a][1], times[b][1])})
	}
	compared("Opsbook against the SDK's clients, both up", 3, 2)
	if m.slow > 0 {
		compared("bash against Opsbook in a new process", 4, 1)
		compared("bash against Opsbook that is up", 4, 3)
	}
	fmt.Printf("7 calls and one curl; medians of %d (bash), %d (new processes) and %d; %s\n\n", m.slow,
		min(m.rounds, 11), m.rounds, report.Machine())
	return report.Table(os.Stdout, rows)
}
