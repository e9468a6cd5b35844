package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/pflag"

	"github.com/opsbook/opsbook/internal/aws/sandbox"
)

// sandboxCommand serves the simulated account to other programs. Other programs find what opsbook’s own environments
// on the sandbox have at the beginning.
type sandboxCommand struct {
	Listen string
	Fault  []string
}

// flags implements flagged.
func (c *sandboxCommand) flags(f *pflag.FlagSet) {
	f.StringVar(&c.Listen, "listen", "127.0.0.1:4599", "`ADDR` Address, on loopback.")
	f.StringArrayVar(&c.Fault, "fault", nil, "`NAME` Switch a fault on; may be repeated.")
}

// run serves until the context ends. There is no authentication, so that only loopback is listened on; keys are the
// examples of AWS’s documentation. The account is in memory. Requests have two seconds to end.
func (c *sandboxCommand) run(ctx context.Context, _ *options, t terminal, _ []string) error {
	s := sandbox.New(sandbox.Options{})
	if err := switchOn(ctx, s, c.Fault); err != nil {
		return err
	}
	return serveSandbox(ctx, s, c.Listen, t)
}

// serveSandbox serves an account on loopback until the context ends, and prints what points clients at it.
func serveSandbox(ctx context.Context, s *sandbox.Sandbox, listen string, t terminal) error {
	if err := onlyLoopback(listen); err != nil {
		return err
	}
	listener, err := bindTo(ctx, listen)
	if err != nil {
		return err
	}
	address := "http://" + listener.Addr().String()
	fmt.Fprintf(t.out, "# The simulated account is at %s; it ends with this program.\n", address)
	for _, v := range [][2]string{
		{"AWS_ENDPOINT_URL", address}, {"AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"},
		{"AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}, {"AWS_DEFAULT_REGION", "us-east-1"},
		{"AWS_REQUEST_CHECKSUM_CALCULATION", "when_required"},
	} {
		fmt.Fprintf(t.out, "export %s=%s\n", v[0], v[1])
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		shut, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if err := server.Shutdown(shut); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		return nil
	}
}
