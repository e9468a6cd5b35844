// Command storm disturbs servers for as long as it is told, in the middle of changes: signals, cut sessions, crashes and
// stops of PostgreSQL, locked tables, a full disk. What clients were told, what the account was called for and what the
// journal holds are compared. It is the long form of TestStormOf… of cmd/server, which describes each disturbance.
//
// It runs in the repository's root, wants PostgreSQL's programs and, for the full disk, root. The exit status is that of
// the tests.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
)

func main() {
	quick := flag.Int("quick", 300, "how often each of what takes a moment befalls: SIGKILL, SIGTERM, SIGSTOP, cut sessions")
	slow := flag.Int("slow", 30, "how often each of what takes seconds befalls: stops, locks, a full disk")
	only := flag.String("only", "", "which storm: Replicas, OneServer or AFullDisk; all by default")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *quick, *slow, *only)
	stop()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		os.Exit(exit.ExitCode())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "storm:", err)
		os.Exit(1)
	}
}

// run runs the tests with these counts until they end.
func run(ctx context.Context, quick, slow int, only string) error {
	tests := exec.CommandContext(ctx, "go", "test", "-count", "1", "-timeout", "0", "-v", "-run", "^TestStormOf"+only, "./cmd/server")
	tests.Env = append(os.Environ(), fmt.Sprintf("OPSBOOK_STORM=%d,%d", quick, slow))
	tests.Stdout, tests.Stderr = os.Stdout, os.Stderr
	return tests.Run()
}
