package commands

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/hosts"
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
var errRefused = hosts.ErrRefused

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

// below reports whether a host lies below one that a runbook names, on the web's own ports, or below an entry of Allowed, on its port.
// The address that DNS has for it is checked like any other.
func (g Guard) below(host, port string) bool {
	for _, parent, ok := strings.Cut(host, "."); ok; _, parent, ok = strings.Cut(parent, ".") {
		named := g.Named != nil && g.Named(parent) && (port == "80" || port == "443")
		if (named || slices.Contains(g.Allowed, net.JoinHostPort(parent, port))) && hosts.Below(host, parent) {
			return true
		}
	}
	return false
}

// address checks an address after DNS.
// A public name may lead to the instance metadata service (169.254.169.254) or into the private
// network, so every address that is not of the public internet is refused.
func (g Guard) address(ip netip.Addr, host string) error {
	if !hosts.Public(ip) {
		return fmt.Errorf("%w: %s is at %s, which is not a public address; allow host:port in opsbook.yaml (hosts) "+
			"if a runbook may reach it", errRefused, host, ip)
	}
	return nil
}

// Address checks an address that a line names for something else than curl.
func (g Guard) Address(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return fmt.Errorf("%w: %s is no address of a host", errRefused, address)
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return g.host(u.Hostname(), port)
}

// RoundTripper dials only what the guard allows, as curl does.
func (g Guard) RoundTripper() http.RoundTripper { return g.transport() }

// transport dials only what the guard allows.
func (g Guard) transport() *http.Transport {
	return hosts.Transport(func(host, port string, ip netip.Addr) error {
		if slices.Contains(g.Allowed, net.JoinHostPort(host, port)) {
			return nil
		}
		return g.address(ip, host)
	})
}
