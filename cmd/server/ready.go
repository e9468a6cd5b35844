package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/spf13/pflag"

	"github.com/opsbook/opsbook/internal/procedures"
)

// readyCommand asks a server of this machine whether it is ready: the health check of an image that has no shell.
type readyCommand struct{ Addr, TLSCert string }

// flags implements flagged. They are those of serve, so that their variables are the same in one container.
func (c *readyCommand) flags(f *pflag.FlagSet) {
	f.StringVar(&c.Addr, "addr", "127.0.0.1:8080", "`ADDR` Address of the server, as it was given to serve.")
	f.StringVar(&c.TLSCert, "tls-cert", "", "`FILE` Its certificate, where it has one.")
	variables(f, "addr", "tls-cert")
}

// readyTime is how long a server may take to say that it is ready.
const readyTime = 5 * time.Second

// run is an error where the server does not answer, or is not ready.
func (c *readyCommand) run(ctx context.Context, _ *options, t terminal, _ []string) error {
	address, err := c.address()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	// The certificate is for the name by which others call the server, which is not known here. Nothing is told to it.
	client := http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // see above
	}}
	answer, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("no server answers: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		fmt.Fprintf(t.err, "opsbook: the server is not ready: it answers %s\n", answer.Status)
		return exitError(exitFailed)
	}
	_, err = fmt.Fprintln(t.out, "ready")
	return err
}

// address is where the server says whether it is ready. One that listens on all addresses does on loopback, too.
func (c *readyCommand) address() (string, error) {
	host, port, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return "", procedures.Errorf(procedures.CodeInvalid, "address %q: want HOST:PORT, such as 127.0.0.1:8080", c.Addr)
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip.Is6() {
			host = "::1"
		}
	}
	scheme := "http"
	if c.TLSCert != "" {
		scheme = "https"
	}
	return scheme + "://" + net.JoinHostPort(host, port) + "/readyz", nil
}
