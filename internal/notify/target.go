package notify

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/hosts"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Format is in which form a receiver takes messages.
type Format string

// The formats.
const (
	Generic Format = "generic" // a message of ours, signed
	Slack   Format = "slack"   // an incoming webhook of Slack
	Teams   Format = "teams"   // a workflow of Teams that posts what a webhook receives
)

// Formats lists them.
var Formats = []Format{Generic, Slack, Teams}

// Target is a notification of opsbook.yaml: where messages go, and which.
type Target struct {
	Name   string
	URL    *url.URL // may be a secret, as Slack's are: only its host is shown
	Secret []byte   // the key of signatures; nil for none
	Format Format
	// Empty lists mean all.
	Kinds        []procedures.AlertKind
	Environments []string
	Procedures   []string
	// ApprovalAfter is how long a request for approval waits before it is told.
	ApprovalAfter time.Duration
	// Hosts lists "host:port" that may be inside of the server's own network.
	Hosts []string
}

// takes reports whether the target is told of an alert. Who breaks glass does so everywhere.
func (t *Target) takes(a procedures.Alert) bool {
	all := func(list []string, one string) bool { return len(list) == 0 || slices.Contains(list, one) }
	if len(t.Kinds) > 0 && !slices.Contains(t.Kinds, a.Kind) {
		return false
	}
	return a.Kind == procedures.AlertGlassBroken || all(t.Environments, a.Environment) && all(t.Procedures, a.Procedure)
}

// place is where a target is, without what may be a secret of its address.
func (t *Target) place() string { return t.URL.Scheme + "://" + t.URL.Host }

// CheckAddress says what is wrong with the address of a target, without quoting it; nil for nothing.
func CheckAddress(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return nil, fmt.Errorf("is no address; it begins with https:// and a host")
	case u.User != nil:
		return nil, fmt.Errorf("has a user in it, who is not sent; receivers know a message by its signature")
	case u.Scheme == "https":
		return u, nil
	case u.Scheme == "http" && loopback(u.Hostname()):
		return u, nil
	case u.Scheme == "http":
		return nil, fmt.Errorf("is of http, which anybody on the way can read; only https, or http on loopback, is used")
	}
	return nil, fmt.Errorf("is of %s; only https, or http on loopback, is used", strings.ToLower(u.Scheme))
}

// loopback reports whether a host is this machine, as it stands in an address.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// reach says whether an address may be connected to, which DNS gave for a host.
func (t *Target) reach(host, port string, ip netip.Addr) error {
	switch {
	case hosts.Public(ip), slices.Contains(t.Hosts, net.JoinHostPort(host, port)), loopback(host) && ip.Unmap().IsLoopback():
		return nil
	}
	return fmt.Errorf("%w: %s is at %s, which is not a public address; list %s under hosts of this notification if it may be reached",
		hosts.ErrRefused, host, ip.Unmap(), net.JoinHostPort(host, port))
}
