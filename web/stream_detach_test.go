package web

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/opsbook/opsbook/internal/access"
)

// breaking fails hard from its second question on.
type breaking struct{ revocable }

func (p *breaking) May(context.Context, access.Request) error {
	if p.taken.Swap(true) {
		panic("the policy is broken")
	}
	return nil
}

// TestADetachedStreamOutlivesItsRequest reads a stream whose request is over, until it ends in each of the ways a stream ends.
func TestADetachedStreamOutlivesItsRequest(t *testing.T) {
	t.Parallel()
	policy := &revocable{}
	for name, c := range map[string]struct {
		policy access.Policy
		end    func(reader net.Conn, server context.CancelFunc, happens func())
		says   string // the last that its reader is told
	}{
		"its reader goes": {policy: &revocable{}, end: func(r net.Conn, _ context.CancelFunc, _ func()) { r.Close() }},
		"its reader asks more": {policy: &revocable{}, end: func(r net.Conn, _ context.CancelFunc, _ func()) {
			_, _ = r.Write([]byte("GET"))
		}},
		"the server ends": {policy: &revocable{}, end: func(_ net.Conn, end context.CancelFunc, _ func()) { end() }, says: "goodbye"},
		"it may not look": {policy: policy, end: func(_ net.Conn, _ context.CancelFunc, happens func()) {
			policy.taken.Store(true)
			happens()
		}},
		"something breaks": {policy: &breaking{}, end: func(_ net.Conn, _ context.CancelFunc, happens func()) { happens() }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := closed(t, c.policy)
			streams, end := context.WithCancel(t.Context())
			defer end()
			var detached sync.WaitGroup
			s.Streams, s.Detached = streams, detached.Go
			source := &counter{changed: make(chan struct{}, 1)}
			source.goal.Store(1)
			h, leave := s.hubs.join("numbers", numbers(source))
			ended, answered := make(chan struct{}), make(chan struct{})
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				defer close(answered)
				w.Header().Set("Transfer-Encoding", "identity")
				out := writer{w, http.NewResponseController(w)}
				if err := out.send(beat); err != nil {
					t.Error(err)
				}
				to := &reader{hub: h, following: &following{subject: subject{environment: "sandbox"}, sees: seesAlways}}
				if !s.detach(out, to, ending{func() { close(ended) }, leave}) {
					t.Error("it is not detached")
				}
			}))
			defer server.Close()
			connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer connection.Close()
			if _, err := connection.Write([]byte("GET / HTTP/1.1\r\nHost: here\r\n\r\n")); err != nil {
				t.Fatal(err)
			}
			<-answered
			lines, text := bufio.NewScanner(connection), ""
			for lines.Scan() && !strings.Contains(lines.Text(), "+0-1") && !strings.Contains(lines.Text(), "=1") {
				text += lines.Text() + "\n"
			}
			if !strings.Contains(text, "event: beat") || strings.Contains(text, "chunked") || lines.Err() != nil {
				t.Fatalf("%v: its reader is told %q, and then %q", lines.Err(), text, lines.Text())
			}
			c.end(connection, end, func() { source.to(2) })
			<-ended
			detached.Wait()
			rest := ""
			for lines.Scan() {
				rest += lines.Text() + "\n"
			}
			if !strings.Contains(rest, c.says) || strings.Contains(rest, "2") && c.says == "" {
				t.Errorf("at the end its reader is told %q, wanted is %q", rest, c.says)
			}
		})
	}
}

// TestAStreamIsDetachedWhereItsConnectionIsItsOwn asks for streams over both versions of HTTP.
func TestAStreamIsDetachedWhereItsConnectionIsItsOwn(t *testing.T) {
	t.Parallel()
	for _, two := range []bool{false, true} {
		s := closed(t, &revocable{})
		s.Detached = func(serve func()) { go serve() }
		detached := make(chan bool, 1)
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			gone, leave := s.hubs.join("numbers", numbers(&counter{changed: make(chan struct{}, 1)}))
			to := &reader{hub: gone, following: &following{subject: subject{environment: "sandbox"}, sees: seesAlways}}
			detached <- s.detach(writer{w, http.NewResponseController(w)}, to, ending{leave})
		}))
		server.EnableHTTP2 = two
		server.StartTLS()
		ctx, cancel := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		asked := make(chan error, 1)
		go func() {
			response, err := server.Client().Do(r)
			if err == nil {
				response.Body.Close()
			}
			asked <- err
		}()
		if got := <-detached; got == two {
			t.Errorf("with HTTP/2 %v it is detached: %v", two, got)
		}
		cancel()
		<-asked
		server.Close()
	}
}

// seesAlways is a page that shows all its readers the same, at all times.
func seesAlways(context.Context) string { return "" }
