// Package hosts says which addresses a server connects to on behalf of others: public ones, and inside of its own network only what the
// configuration lists.
package hosts

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// ErrRefused is wrapped by every error of an address that is not connected to.
var ErrRefused = errors.New("refused")

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

// Public reports whether an address is of the public internet: not the instance metadata service (169.254.169.254), not loopback, not a
// private network.
func Public(ip netip.Addr) bool {
	ip = ip.Unmap() // ::ffff:10.0.0.1 is 10.0.0.1
	return !(ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsLinkLocalMulticast() || ip.IsInterfaceLocalMulticast() ||
		ip.IsMulticast() || ip.IsUnspecified() || slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p.Contains(ip) }))
}

// Transport dials what check lets through: it is asked with the name and port of the request, and the address that DNS gave for it. It
// uses no proxy of the machine's environment, which would resolve the name by itself, behind the check. Each request has a
// connection of its own: one that is kept open would skip the check.
func Transport(check func(host, port string, ip netip.Addr) error) *http.Transport {
	// a copy: the default one belongs to the whole process
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Proxy = nil
	t.DisableKeepAlives = true
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		dialer := net.Dialer{Timeout: 30 * time.Second}
		// Control sees the address that is dialled, after DNS: another answer of DNS between a
		// check and the connection (DNS rebinding) cannot get past it.
		dialer.Control = func(_, dialled string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(dialled)
			if err != nil {
				return fmt.Errorf("%w: %s", ErrRefused, dialled)
			}
			return check(host, port, at.Addr())
		}
		return dialer.DialContext(ctx, network, address)
	}
	return t
}
