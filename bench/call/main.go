// Command call measures what one `aws` line costs over the same call of the SDK's typed
// client: reading the line, checking it against the model, binding, signing, decoding into
// an ordered document, and printing as the AWS CLI does.
//
//	go run ./bench/call [-rounds N]
//
// Each is made in a process of its own, one call after another, against the simulated
// account on loopback.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/bench/clients"
	"github.com/opsbook/opsbook/bench/endpoint"
	"github.com/opsbook/opsbook/bench/report"
	"github.com/opsbook/opsbook/internal/aws"
	"github.com/opsbook/opsbook/internal/procedures"
)

// line is one call, with its number in bench/sdk.
type line struct {
	call int    // index in bench/sdk's calls
	name string // as the table shows it
	args []string
}

// lines are the calls of the daily health check, printed in several ways.
func lines() []line {
	now := time.Now().UTC()
	return []line{
		{
			0, "lambda get-function --query … --output text",
			[]string{
				"lambda", "get-function", "--function-name", "network-visualizer-discovery-production", "--query",
				"Configuration.LastUpdateStatus", "--output", "text",
			},
		},
		{3, "dynamodb describe-table", []string{"dynamodb", "describe-table", "--table-name", "network-visualizer-topology"}},
		{
			4, "cloudwatch describe-alarms --query … --output table",
			[]string{"cloudwatch", "describe-alarms", "--state-value", "ALARM", "--query", "MetricAlarms[].AlarmName", "--output", "table"},
		},
		{5, "cloudfront get-distribution", []string{"cloudfront", "get-distribution", "--id", "E2EXAMPLE1"}},
		{6, "cloudwatch get-metric-statistics", []string{
			"cloudwatch", "get-metric-statistics", "--namespace", "AWS/Lambda", "--metric-name", "Errors",
			"--start-time", now.Add(-24 * time.Hour).Format(time.RFC3339), "--end-time", now.Format(time.RFC3339),
			"--period", "86400", "--statistics", "Sum",
		}},
	}
}

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "call:", err)
		os.Exit(1)
	}
}

// run measures both sides of each line, or with -child is one of them.
func run(ctx context.Context) error {
	rounds := flag.Int("rounds", 2000, "how often each call is made")
	child := flag.String("child", "", "for the program itself: the account's URL")
	call := flag.Int("call", 0, "for the program itself: which line")
	flag.Parse()
	if err := endpoint.Isolate(); err != nil {
		return err
	}
	if *child != "" {
		return childRounds(ctx, *child, lines()[*call], *rounds)
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
	sdk, err := clients.Build(ctx, dir, e)
	if err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	rows := [][]string{{"one call", "the SDK's client", "Opsbook", "more"}}
	// One line after another: the two sides of a row are measured within seconds.
	for i, l := range lines() {
		theirs, err := sdk.Each(ctx, l.call, *rounds)
		if err != nil {
			return err
		}
		// Both sides run in processes of their own, so that neither has the other's garbage.
		ours, err := clients.TimesOf(exec.CommandContext(ctx, program, "-child", e.Account, "-call", strconv.Itoa(i),
			"-rounds", strconv.Itoa(*rounds)))
		if err != nil {
			return err
		}
		a, b := report.Median(theirs), report.Median(ours)
		rows = append(rows, []string{"`" + l.name + "`", report.Time(a), report.Time(b), report.Time(b - a)})
	}
	fmt.Printf("Medians of %d calls, one after another; %s\n\n", *rounds, report.Machine())
	return report.Table(os.Stdout, rows)
}

// childRounds makes one call n times in this process and prints the times as JSON, in
// nanoseconds. What is printed goes to memory. A status other than 0 is an error.
func childRounds(ctx context.Context, account string, l line, n int) error {
	command := aws.New(aws.Options{Environment: procedures.Environment{Name: "bench", Endpoint: account}})
	times := make([]time.Duration, n)
	for i := range times {
		var out, problem bytes.Buffer
		started := time.Now()
		status := command.Run(ctx, &procedures.Invocation{
			Args: append([]string{"aws"}, l.args...), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &problem,
			Now: time.Now, Note: func(string) {}, Report: func(procedures.Call) {},
			Env: func(string) (string, bool) { return "", false },
		})
		times[i] = time.Since(started)
		if status != 0 {
			return fmt.Errorf("%s: status %d: %s", l.name, status, problem.String())
		}
	}
	return json.NewEncoder(os.Stdout).Encode(times)
}
