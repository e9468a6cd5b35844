package commands

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Guard says which hosts curl may reach. What a runbook's author wrote is trusted,
// what an operator typed, DNS answered or a server redirected to is not: the host
// is asked for here, and the address once more when it is dialled.
type Guard struct {
	// Named reports whether a runbook names the host, literally. Nil allows no host.
	Named func(host string) bool
	// Allowed lists "host:port" of the configuration: only these may be loopback or private addresses.
	Allowed []string
}

// errRefused is wrapped by every error of a guard.
var errRefused = errors.New("refused")

// host checks the host of a URL, before DNS.
// An address in the place of a name is checked at once. An entry of Allowed is enough by itself:
// no runbook has to name it.
func (g Guard) host(host, port string) error {
	if slices.Contains(g.Allowed, net.JoinHostPort(host, port)) {
		return nil
	}
	if g.Named == nil || !g.Named(host) {
		return fmt.Errorf("%w: no runbook names the host %s; name it in the runbook, or allow %s in opsbook.yaml (hosts)",
			errRefused, host, net.JoinHostPort(host, port))
	}
	if ip, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return g.address(ip, host)
	}
	return nil
}

// reserved are networks that are not of the public internet beyond those that netip
// knows: https://www.iana.org/assignments/iana-ipv4-special-registry
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2002::/16"),
	netip.MustParsePrefix("2001::/32"),
}

// address checks an address after DNS.
// A public name may lead to the instance metadata service (169.254.169.254) or into the private
// network, so every address that is not of the public internet is refused.
func (g Guard) address(ip netip.Addr, host string) error {
	// ::ffff:10.0.0.1 is 10.0.0.1
	ip = ip.Unmap()
	inside := ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsLinkLocalMulticast() || ip.IsInterfaceLocalMulticast() ||
		ip.IsMulticast() || ip.IsUnspecified() || slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p.Contains(ip) })
	if inside {
		return fmt.Errorf("%w: %s is at %s, which is not a public address; allow host:port in opsbook.yaml (hosts) "+
			"if a runbook may reach it", errRefused, host, ip)
	}
	return nil
}

// transport dials only what the guard allows. It uses no proxy of the machine's environment.
// Each request has a connection of its own: one that is kept open would skip the check.
func (g Guard) transport() *http.Transport {
	// a copy: the default one belongs to the whole process
	t := http.DefaultTransport.(*http.Transport).Clone()
	// a proxy would resolve the name by itself, behind the check
	t.Proxy = nil
	t.DisableKeepAlives = true
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		dialer := net.Dialer{Timeout: 30 * time.Second}
		if !slices.Contains(g.Allowed, address) {
			host, _, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			// Control sees the address that is dialled, after DNS: another answer of DNS between a
			// check and the connection (DNS rebinding) cannot get past it.
			dialer.Control = func(_, dialled string, _ syscall.RawConn) error {
				at, err := netip.ParseAddrPort(dialled)
				if err != nil {
					return fmt.Errorf("%w: %s", errRefused, dialled)
				}
				return g.address(at.Addr(), host)
			}
		}
		return dialer.DialContext(ctx, network, address)
	}
	return t
}
