package commands

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// reaching is a command that asks hosts, under the guard of curl. On the sandbox, which has no hosts but curl's pages, it is a program
// like any other that is not carried out.
type reaching struct {
	guard   Guard
	sandbox bool
	// describe finds what a line asks, and what is wrong with it.
	describe func(args []string) (asked, error)
	run      func(ctx context.Context, r *reach) int
	// local reports a line that reaches nothing; nil for none.
	local func(args []string) bool
	// ours reports a line that is carried out here; nil for all.
	ours func(args []string) bool
}

// asked are the hosts that a line asks, each as host or host:port.
type asked struct{ hosts []string }

// reach is one line of such a command that runs.
type reach struct {
	guard   Guard
	inv     *procedures.Invocation
	started time.Time
}

// Carries implements procedures.Chooser.
func (c reaching) Carries(words []procedures.Word) bool {
	args := knownTexts(words[1:])
	if c.ours != nil && !c.ours(args) {
		return false
	}
	if _, err := c.describe(args); isNotHere(err) { // the program of that name does it where it is allowed
		return false
	}
	return !c.sandbox || c.local != nil && c.local(args)
}

// Describe implements procedures.Command.
func (c reaching) Describe(words []procedures.Word) procedures.LineInfo {
	args := make([]string, len(words)-1)
	known := map[string]bool{}
	for i, w := range words[1:] {
		args[i] = w.Text
		known[w.Text] = w.Known
	}
	info := procedures.LineInfo{Effect: procedures.EffectRead}
	if c.local != nil && c.local(args) {
		info.Effect = procedures.EffectNone
	}
	of, err := c.describe(args)
	info.Findings = findingNotHere(words[0].Text, words[0], err)
	for _, host := range of.hosts {
		if !strings.ContainsAny(host, "$<`") {
			info.Hosts = append(info.Hosts, host)
		}
	}
	return info
}

// Run implements procedures.Command.
func (c reaching) Run(ctx context.Context, inv *procedures.Invocation) int {
	if ctx.Err() != nil {
		return interrupted
	}
	if err := chargeWords(inv, 4); err != nil {
		return complain(inv, 1, "%v", err)
	}
	status := c.run(ctx, &reach{guard: c.guard, inv: inv, started: time.Now()})
	if ctx.Err() != nil {
		return interrupted
	}
	return status
}

// report tells what was asked, and what came of it.
func (r *reach) report(status int, verdict procedures.Verdict, format string, args ...any) int {
	if r.inv.Report == nil {
		return status
	}
	call := procedures.Call{
		Command: r.inv.Args[0], Args: r.inv.Args[1:], Effect: procedures.EffectRead, Status: status, Duration: time.Since(r.started),
		Requests: 1, Line: r.inv.Line, RuleVerdict: &procedures.Judgement{Verdict: verdict, Reason: fmt.Sprintf(format, args...)},
	}
	if verdict == procedures.Errored {
		call.Error = call.RuleVerdict.Reason
	}
	r.inv.Report(call)
	return status
}

// refused says that the guard does not let a line reach a host.
func (r *reach) refused(status int, err error) int {
	fmt.Fprintf(r.inv.Stderr, "opsbook: %v\n", err)
	return r.report(status, procedures.Errored, "%v", err)
}

// addresses are those of a host that the guard lets through, in the order of DNS.
func (r *reach) addresses(ctx context.Context, host, port, network string) ([]netip.Addr, error) {
	if err := r.guard.host(host, port); err != nil {
		return nil, err
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, network, strings.Trim(host, "[]"))
	if err != nil {
		return nil, err
	}
	for i, ip := range found {
		found[i] = ip.Unmap()
		if err := r.address(host, port, found[i]); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// address asks the guard about an address that DNS gave for a host.
func (r *reach) address(host, port string, ip netip.Addr) error {
	if slices.Contains(r.guard.Allowed, net.JoinHostPort(host, port)) {
		return nil
	}
	return r.guard.address(ip, host)
}

// dialled connects to one address.
func dialled(ctx context.Context, network string, ip netip.Addr, port string, patience time.Duration) (net.Conn, error) {
	dialer := net.Dialer{Timeout: patience}
	return dialer.DialContext(ctx, network, net.JoinHostPort(ip.String(), port))
}

// dialError words a connection that did not come about as the C library does.
func dialError(err error) (text string, number int) {
	var no syscall.Errno
	switch {
	case errors.As(err, &no):
		text := no.Error()
		return strings.ToUpper(text[:1]) + text[1:], int(no)
	case isTimeout(err), errors.Is(err, context.DeadlineExceeded):
		return "Connection timed out", int(syscall.ETIMEDOUT)
	}
	return err.Error(), 0
}
