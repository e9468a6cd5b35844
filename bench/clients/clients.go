// Package clients makes calls with the SDK's typed clients: in the program bench/sdk, a
// module of its own that is built first.
package clients

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/opsbook/opsbook/bench/endpoint"
)

// Clients is the program with the endpoint that it asks.
type Clients struct {
	program string
	args    []string
}

// Build builds the program into dir.
func Build(ctx context.Context, dir string, e *endpoint.Endpoint) (*Clients, error) {
	c := &Clients{
		program: filepath.Join(dir, "sdk"), args: []string{"-account", e.Account, "-web", e.Web, "-host", endpoint.Host, "-roots", e.Roots},
	}
	build := exec.CommandContext(ctx, "go", "build", "-C", "bench/sdk", "-o", c.program, ".")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build bench/sdk: %w: %s", err, out)
	}
	return c, nil
}

// Rounds makes all calls at the same time, n times in one process, and returns how long
// each time took.
func (c *Clients) Rounds(ctx context.Context, n int) ([]time.Duration, error) {
	return TimesOf(exec.CommandContext(ctx, c.program, append(c.args, "-rounds", strconv.Itoa(n))...))
}

// Each makes one call, by its number, n times in one process.
func (c *Clients) Each(ctx context.Context, call, n int) ([]time.Duration, error) {
	return TimesOf(exec.CommandContext(ctx, c.program, append(c.args, "-each", strconv.Itoa(call), "-rounds", strconv.Itoa(n))...))
}

// TimesOf runs a program that prints durations as JSON, in nanoseconds. What it prints of
// problems is part of the error.
func TimesOf(command *exec.Cmd) ([]time.Duration, error) {
	var out, problem bytes.Buffer
	command.Stdout, command.Stderr = &out, &problem
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", filepath.Base(command.Path), err, problem.String())
	}
	var times []time.Duration
	if err := json.Unmarshal(out.Bytes(), &times); err != nil {
		return nil, err
	}
	if len(times) == 0 {
		return nil, errors.New("nothing was measured")
	}
	return times, nil
}
