package storetest

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

// Proxy stands before a PostgreSQL server and plays a server that goes away and comes back.
type Proxy struct {
	// Address is that of the database, through the proxy.
	Address string

	target   string
	listener net.Listener
	mu       sync.Mutex
	cut      bool
	lost     []byte // a statement that is passed on, and whose answer is lost; nil is none
	open     map[net.Conn]bool
}

// NewProxy makes a proxy before the database at address. It is closed at the test's end,
// with all connections through it.
func NewProxy(t testing.TB, address string) *Proxy {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{target: u.Host, open: map[net.Conn]bool{}}
	if p.listener, err = (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	u.Host = p.listener.Addr().String()
	p.Address = u.String()
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := p.listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { p.pass(conn) })
		}
	})
	t.Cleanup(func() {
		_ = p.listener.Close()
		p.Cut()
		serving.Wait()
	})
	return p
}

// Cut breaks all connections and lets no new one through: a client that dials is accepted
// and closed at once.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = true
	// Their copies end with an error, and release them.
	for conn := range p.open {
		_ = conn.Close()
	}
}

// LoseAnswerOf passes a statement on once, and cuts the connection before its answer comes back. statement is as the driver sends it.
func (p *Proxy) LoseAnswerOf(statement string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lost = []byte(statement)
}

// Restore lets connections through again.
func (p *Proxy) Restore() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = false
}

// pass copies both ways until one side ends, and then closes the other.
func (p *Proxy) pass(client net.Conn) {
	defer client.Close()                     //nolint:errcheck // of a test
	server, err := net.Dial("tcp", p.target) //nolint:noctx // it ends with its client
	if err != nil {
		return
	}
	defer server.Close() //nolint:errcheck // of a test
	if !p.hold(client, server) {
		return
	}
	defer p.release(client, server)
	var passing sync.WaitGroup
	copying := func(to, from net.Conn) {
		_, _ = io.Copy(to, from)
		_ = to.Close()
		_ = from.Close()
	}
	var answers atomic.Bool // whether they are lost
	passing.Go(func() {
		copying(server, watched{client, func(sent []byte) { answers.Store(p.loses(sent) || answers.Load()) }})
	})
	copying(client, watched{server, func([]byte) {
		if answers.Load() {
			_ = client.Close()
		}
	}})
	passing.Wait()
}

// watched tells what is read from a connection before it is passed on.
type watched struct {
	net.Conn
	tell func([]byte)
}

func (w watched) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	w.tell(p[:n])
	return n, err
}

// loses reports, once, whether the answer of what is sent is to be lost.
func (p *Proxy) loses(sent []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lost == nil || !bytes.Contains(sent, p.lost) {
		return false
	}
	p.lost = nil
	return true
}

// hold remembers connections for Cut, and reports whether they may be used.
func (p *Proxy) hold(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		p.open[c] = true
	}
	return !p.cut
}

// release forgets connections that have ended.
func (p *Proxy) release(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		delete(p.open, c)
	}
}
