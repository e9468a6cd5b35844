// Command server is opsbook: the portal, and the same engine from a terminal.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // scripts name time zones, and a small image has none
)

// main runs one command. The first SIGINT or SIGTERM ends its context: the command returns when it has put its work
// in order.
func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], terminal{os.Stdin, os.Stdout, os.Stderr, os.Getenv}))
}

// terminal is what the program is given by the system.
type terminal struct {
	in     io.Reader
	out    io.Writer
	err    io.Writer
	getenv func(string) string
}
