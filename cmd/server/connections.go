package main

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
)

// boundedListener accepts as many connections as the rows of limits allow, in all and from one address. Others are
// closed at once. Connections that carry a stream are counted apart: see streaming.
type boundedListener struct {
	net.Listener
	// trusted are networks whose addresses are those of many people: a proxy's.
	trusted      []netip.Prefix
	most, ofEach int
	logger       *slog.Logger

	mu      sync.Mutex
	open    int // without streams
	from    map[netip.Addr]int
	streams int
	said    time.Time // when a refusal was logged last
	refused int       // since then
}

// bounded puts the bounds on a listener.
func bounded(l net.Listener, trusted []netip.Prefix, logger *slog.Logger) *boundedListener {
	return &boundedListener{
		Listener: l, trusted: trusted, logger: logger, from: map[netip.Addr]int{},
		most: limits.HTTPConnections.Size(), ofEach: limits.HTTPAddressConnections.Size(),
	}
}

// Accept implements net.Listener.
func (l *boundedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		address := addressOf(c.RemoteAddr())
		if err := l.admit(address); err != nil {
			l.refuse(c, address, err)
			continue
		}
		return &connection{Conn: c, listener: l, address: address}, nil
	}
}

// admit counts a connection, or says which bound it would break.
func (l *boundedListener) admit(address netip.Addr) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.open >= l.most:
		return limits.HTTPConnections.ReachedAt(int64(l.most))
	case l.from[address] >= l.ofEach && !l.trusts(address):
		return limits.HTTPAddressConnections.ReachedAt(int64(l.ofEach))
	}
	l.open++
	l.from[address]++
	return nil
}

// trusts reports whether an address stands for many people.
func (l *boundedListener) trusts(address netip.Addr) bool {
	return slices.ContainsFunc(l.trusted, func(n netip.Prefix) bool { return n.Contains(address) })
}

// refusalPace is how often refused connections are logged: a line for each would be what the attacker wants.
const refusalPace = time.Second

// refuse closes a connection, and logs how many were.
func (l *boundedListener) refuse(c net.Conn, address netip.Addr, why error) {
	_ = c.Close() // nothing was sent
	l.mu.Lock()
	l.refused++
	n, say := l.refused, time.Since(l.said) >= refusalPace
	if say {
		l.refused, l.said = 0, time.Now()
	}
	l.mu.Unlock()
	if say {
		l.logger.Warn("connections were refused", "event", "refused", "rule", "connections", "address", address.String(), "connections", n,
			"reason", why.Error())
	}
}

// release forgets a connection of an address.
func (l *boundedListener) release(address netip.Addr) {
	l.open--
	if l.from[address]--; l.from[address] <= 0 {
		delete(l.from, address)
	}
}

// connection is one that was admitted. It is a stream's while streaming lasts.
type connection struct {
	net.Conn
	listener *boundedListener
	address  netip.Addr

	// guarded by the listener's lock
	streams int
	closed  bool
}

// Close implements net.Conn. net/http calls it more than once.
func (c *connection) Close() error {
	l := c.listener
	l.mu.Lock()
	if !c.closed {
		c.closed = true
		if c.streams == 0 {
			l.release(c.address)
		} else {
			l.streams--
		}
	}
	l.mu.Unlock()
	return c.Conn.Close()
}

// stream counts the connection among those of streams until end is called.
func (c *connection) stream() (end func()) {
	l := c.listener
	l.mu.Lock()
	defer l.mu.Unlock()
	c.streams++
	if c.streams == 1 && !c.closed {
		l.release(c.address)
		l.streams++
	}
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		c.streams--
		if c.streams == 0 && !c.closed { // it goes on as any other, whether or not there is room
			l.streams--
			l.open++
			l.from[c.address]++
		}
	}
}

// connectionKey is where withConnection leaves a connection, in the contexts of its requests.
type connectionKey struct{}

// withConnection is for http.Server. Over TLS the connection is inside of another.
func withConnection(ctx context.Context, c net.Conn) context.Context {
	if inner, ok := c.(interface{ NetConn() net.Conn }); ok {
		c = inner.NetConn()
	}
	if c, ok := c.(*connection); ok {
		return context.WithValue(ctx, connectionKey{}, c)
	}
	return ctx
}

// streaming says that a request has become a stream, until end is called. It is for web.Options.
func streaming(ctx context.Context) (end func()) {
	if c, ok := ctx.Value(connectionKey{}).(*connection); ok {
		return c.stream()
	}
	return func() {}
}

// addressOf is the address of a peer without its port; the zero one where it has none.
func addressOf(a net.Addr) netip.Addr {
	from, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Addr{}
	}
	return from.Addr().Unmap().WithZone("")
}
